//! Events of what a board file names: a capture device, a CAN bus, a hardware watchdog;
//! of scheduling and of the recording.
//!
//! They stand in one table with the others; `with_board_events` adds them to it.

macro_rules! with_board_events {
    ($($events:tt)*) => {
        events! {
            $($events)*

            // ---- camera, of its capture device ----

            /// The capture device is set up and streams.
            90 DeviceOpened {
                /// Four characters that name the format of its pixels, the first in the low byte.
                format: u32,
                /// From one row to the next.
                stride_bytes: u32,
                /// Buffers of its driver.
                buffers: u32,
                /// What it says of the interval between frames, nanoseconds; 0 where it says nothing.
                period_ns: u64,
                /// How long opening it took, nanoseconds.
                opening_ns: u64,
            }
            /// The first frame since it streams tells how its frames lie to the schedule, which it does not know.
            91 DeviceAligned {
                /// Frame number: that of the slot that was current.
                frame: u64,
                /// How long after its due time the slot's frame was captured, nanoseconds. From this frame on
                /// that is when frames are expected.
                phase_ns: u64,
            }
            /// The device, or its driver, dropped frames: their sequence numbers are missing.
            92 DeviceLost {
                /// First frame number that is missing.
                first: u64,
                /// How many.
                count: u64,
            }
            /// The camera got a frame and did not hand it over.
            93 FrameWithheld {
                /// Frame number.
                frame: u64,
                /// The device's own number.
                sequence: u32,
                /// Why.
                why: Withheld,
            }
            /// A frame of the device was copied into its slot.
            94 FrameCaptured {
                /// Frame number.
                frame: u64,
                /// The device's own number.
                sequence: u32,
                /// When the camera had it in hand.
                dequeued_ns: u64,
                /// When it was copied.
                copied_ns: u64,
            }
            /// The device failed, or is gone. It is tried again and again.
            95 DeviceFailed {
                /// `errno` of the failure; 0 where it is none of the system's.
                errno: u32,
            }
            /// The state of the signal at the device's input changed.
            96 SignalChanged {
                /// `V4L2_IN_ST_*`: 0 is a signal as it should be.
                status: u32,
            }

            // ---- radar, of its CAN bus; stimulus ----

            /// A list came from the bus: the record's time is when it was complete, or given up.
            100 ListTaken {
                /// Radar cycle: the slot that is nearest to its beginning.
                cycle: u64,
                /// When its first frame came.
                begun_ns: u64,
                /// How many objects or clusters it announced.
                announced: u32,
                /// How many of them came whole. What did not is lost, the others are handed over.
                whole: u32,
            }
            /// No list began on the bus in this cycle's time.
            101 ListMissing {
                /// Radar cycle.
                cycle: u64,
            }
            /// A list came for a cycle that had one, and was dropped: the radar is faster than the schedule.
            102 ListSurplus {
                /// Radar cycle.
                cycle: u64,
            }
            /// How the bus is changed, in the eyes of the radar.
            103 BusChanged {
                /// From here on.
                state: BusState,
            }
            /// Frames came from the bus that fit into no list.
            104 FramesStray {
                /// Outside of a list, or more than were announced.
                unasked: u64,
                /// A second time.
                repeated: u64,
                /// Not as long as they must be.
                short: u64,
            }
            /// What the radar tells of itself changed.
            105 SensorErrors {
                /// Persistent error, interference, temperature error, temporary error, voltage error: bits 0 to 4.
                errors: u32,
            }
            /// The stimulus has put a list on the bus: the record's time is when the last frame was taken.
            106 StimulusSent {
                /// Radar cycle.
                cycle: u64,
                /// When it began.
                begun_ns: u64,
                /// Objects or clusters in it.
                items: u32,
                /// Frames that the bus took.
                frames: u32,
                /// Frames for which there was no room on the bus before the next cycle.
                refused: u32,
                /// Numbers that were beyond the range of their field.
                saturated: u64,
            }
            /// The stimulus is gone: what the radar hears is not the world's any more.
            107 StimulusLost {
                /// As in `Exited`.
                status: u32,
            }

            // ---- hardware watchdog, resets ----

            /// The hardware watchdog of the board runs, and is kept alive from here on.
            115 HardwareWatchdogArmed {
                /// Timeout asked for, s.
                asked_s: u32,
                /// Timeout that the device has, s.
                timeout_s: u32,
                /// What it can do (`WDIOF_…`).
                options: u32,
                /// What it says of the start of the machine (`WDIOF_…`; 0x20: a watchdog reset it).
                boot_status: u32,
                /// 1 where it can be stopped; else the board is reset after the run unless somebody else opens it.
                stoppable: u32,
            }
            /// The hardware watchdog is not kept alive, for a reason that did not hold before.
            116 HardwareWatchdogUnfed {
                /// Why.
                why: Unfed,
            }
            /// It is kept alive again.
            117 HardwareWatchdogFed {}
            /// The hardware watchdog was told to stop: the run is over.
            118 HardwareWatchdogDisarmed {}
            /// The machine was reset in the middle of the run, which goes on from here.
            119 BoardReset {
                /// The last record of before.
                last_ns: u64,
                /// When the kernel started again: at most as exact as the machine's clock over the reset.
                booted_ns: u64,
                /// What the hardware watchdog says of the start of the machine, 0 where it does not know.
                boot_status: u32,
                /// 1 where the machine's clock went on meanwhile; else all that is known is that time has passed.
                clock_went_on: u32,
            }

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
pub(super) use with_board_events;
