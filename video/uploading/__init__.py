"""How originals come: by tus from a page of ours, and from what lies in the files of their owner."""
