//! Facts: feeds, standardising, quarantine, Delta tables, measures by DataFusion.
