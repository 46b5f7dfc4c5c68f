"""What a language model answers to a post: asked, sampled, screened, and how likely it was."""
