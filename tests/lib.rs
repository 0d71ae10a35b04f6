//! Nothing of its own: the package holds the tests in `it/`.
