//! Colours that people with any colour vision tell apart: Okabe and Ito, "Color Universal Design",
//! 2008.

use analysis::summary::Cause;
use wire::event::{LifeState, Mode};

/// A colour with an opacity from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Colour {
    pub(super) red: u8,
    pub(super) green: u8,
    pub(super) blue: u8,
    pub(super) opacity: f64,
}

impl Colour {
    const fn new(rgb: u32) -> Colour {
        Colour { red: (rgb >> 16) as u8, green: (rgb >> 8) as u8, blue: rgb as u8, opacity: 1.0 }
    }

    /// The same, to be seen through.
    pub(super) const fn with_opacity(self, opacity: f64) -> Colour {
        Colour { opacity, ..self }
    }
}

pub(super) const ORANGE: Colour = Colour::new(0xE6_9F00);
pub(super) const SKY: Colour = Colour::new(0x56_B4E9);
pub(super) const GREEN: Colour = Colour::new(0x00_9E73);
pub(super) const BLUE: Colour = Colour::new(0x00_72B2);
pub(super) const VERMILLION: Colour = Colour::new(0xD5_5E00);
pub(super) const PURPLE: Colour = Colour::new(0xCC_79A7);
/// Text and axes.
pub(super) const INK: Colour = Colour::new(0x22_2222);
/// Less important text.
pub(super) const FAINT: Colour = Colour::new(0x66_6666);
/// Grid lines.
pub(super) const GRID: Colour = Colour::new(0xE3_E5E8);
/// The sheet itself.
pub(super) const PAPER: Colour = Colour::new(0xFF_FFFF);
/// The ground of an empty lane.
pub(super) const LANE: Colour = Colour::new(0xF3_F4F6);
/// The shade of an interval with a fault.
pub(super) const FAULT_SHADE: Colour = VERMILLION.with_opacity(0.13);

/// The shade of an interval in which the host stalled.
pub(super) const STALL_SHADE: Colour = INK.with_opacity(0.22);

/// The colours of lines, in the order of their use. Yellow is left out: thin, on white, nobody
/// sees it.
pub(super) const LINES: [Colour; 7] =
    [BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, Colour::new(0x00_0000)];

/// The colour of a cause of loss.
pub(super) const fn cause(cause: Cause) -> Colour {
    match cause {
        Cause::NotProduced => VERMILLION,
        Cause::Overrun => ORANGE,
        Cause::Device => SKY,
        Cause::Rejected => PURPLE,
        Cause::Superseded => BLUE,
        Cause::Late => GREEN,
        Cause::NoInput => FAINT,
        Cause::BoardReset => INK,
    }
}

/// The colour of a process's state.
pub(super) const fn state(state: LifeState) -> Colour {
    match state {
        LifeState::Starting => ORANGE,
        LifeState::Running => Colour::new(0x9F_D9C4),
        LifeState::Ending => VERMILLION,
        LifeState::Waiting => PURPLE,
        LifeState::Down => Colour::new(0x4B_5563),
    }
}

/// The colour of a mode of fusion: the fewer sensors, the darker.
pub(super) const fn mode(mode: Mode) -> Colour {
    match mode {
        Mode::Fused => Colour::new(0xCF_E8F7),
        Mode::CameraOnly => SKY,
        Mode::RadarOnly => BLUE,
        Mode::Coasting => Colour::new(0x6B_7280),
        Mode::Blind => Colour::new(0x11_1827),
        Mode::Safe => VERMILLION,
    }
}
