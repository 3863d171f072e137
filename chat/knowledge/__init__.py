"""Collections of documents: kept, cut into passages, found for a question, and told to models as data."""
