//! Laws of the world, and figures that a short, small one must meet.
