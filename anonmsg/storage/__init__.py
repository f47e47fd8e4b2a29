"""Storage: MongoDB, one module a collection, and the encryption of what is in it."""
