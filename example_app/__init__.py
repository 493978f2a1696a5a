"""A notebook for prompts: a small Flask application that signs people in with Hugging Face."""
