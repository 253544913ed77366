//! The events of a board, which the table in `event` takes in: the `board_events` macro.

macro_rules! board_events {
    ($table:ident! { $($others:tt)* }) => {
        $table! {
            $($others)*

            // ---- watchdog, of how processes are scheduled ----

            /// How a process was found to be scheduled, after it had attached to its channels.
            110 Placed {
                /// Which process: index in `Source::ALL`.
                source: u32,
                /// Its incarnation; 1 for the watchdog and the plant.
                of: u32,
                /// Class and priority.
                class: Scheduling,
                /// Processors 0 to 63 that it may use, one bit each.
                cpus: u64,
                /// Memory that is locked, KiB.
                locked_kib: u64,
            }
            /// What the board was asked for a process was refused; it goes on without.
            111 PlacementRefused {
                /// Which process: index in `Source::ALL`.
                source: u32,
                /// Its incarnation; 1 for the watchdog and the plant.
                of: u32,
                /// What was refused.
                part: PlacementPart,
                /// `errno` of the refusal.
                errno: u32,
            }

            // ---- watchdog, of the recording ----

            /// Nothing can be written to the recording from here on: records stay in their rings.
            125 RecordingStopped {
                /// `errno` of the refusal.
                errno: u32,
            }
            /// It can be written again.
            126 RecordingResumed {
                /// Since when it could not, `CLOCK_MONOTONIC` nanoseconds.
                since_ns: u64,
            }
        }
    };
}
