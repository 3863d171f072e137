"""Tools that models may call while they answer: what there is, who may have which, and what they give back."""
