//! What is read off lists and facts: goals and pay, words, kinds of fact, who can reach what.
