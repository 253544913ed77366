//! Tests of the braking decision on tracks made for them.
