//! The plan language: text in, a checked plan or every mistake in it out.
