//! Small traces whose closure is known by hand.
