"""What is made of a content so that people can look at it: small pictures, copies without what cameras note, waveforms, lists, texts."""
