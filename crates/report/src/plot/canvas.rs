//! A white sheet to draw on: [`Canvas`], the only place that knows plotters.
//!
//! plotters places SVG elements on whole units, so the sheet is drawn [`SCALE`] times as large and
//! shown smaller. Text is placed by anchors alone, because without fonts nobody knows its width.

use super::PlotError;
use super::palette::Colour;
use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, IntoTextStyle, RGBAColor, ShapeStyle, WHITE};

/// What plotters says when drawing fails.
pub(super) type DrawError = DrawingAreaErrorKind<std::io::Error>;
/// Outcome of a drawing step.
pub(super) type Drawn = Result<(), DrawError>;

/// Width of each plot, pixels: an A4 page or a report's column shows it without shrinking much.
pub(super) const WIDTH: f64 = 960.0;
/// Drawing units in a pixel: positions are exact to half a pixel.
const SCALE: f64 = 2.0;
/// plotters writes text smaller by this factor than asked for.
const TEXT_FACTOR: f64 = 1.24;
/// Fonts that look the same everywhere, as far as that goes.
const FONTS: &str = "Helvetica, Arial, sans-serif";
/// Share of its size that a character is wide, on the safe side for the fonts above.
const CHARACTER_WIDTH: f64 = 0.56;

/// What a plot is called and tells, for those who cannot see it.
#[derive(Debug)]
pub(super) struct About<'a> {
    /// Name of the plot, one of its own in a page; becomes the prefix of its ids.
    pub(super) name: &'a str,
    /// Title.
    pub(super) title: &'a str,
    /// What is to be seen, in a sentence or two.
    pub(super) description: &'a str,
}

/// Where text stands relative to its position; it is centred vertically.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// Begins there.
    Start,
    /// Is centred there.
    Middle,
    /// Ends there.
    End,
}

/// How text looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label {
    /// Height of the font, pixels.
    pub(super) size: f64,
    /// Colour.
    pub(super) colour: Colour,
    /// Placement.
    pub(super) anchor: Anchor,
    /// Weight.
    pub(super) weight: Weight,
}

/// Weight of text.
#[derive(Clone, Copy, Debug)]
pub(super) enum Weight {
    /// Normal.
    Normal,
    /// Bold.
    Bold,
}

/// A position on the sheet, pixels from its upper left corner.
pub(super) type At = (f64, f64);

/// A sheet of [`WIDTH`] pixels.
pub(super) struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
}

/// Draws a sheet of this height and returns it as an SVG document.
pub(super) fn sheet(
    height: f64,
    about: &About<'_>,
    draw: impl FnOnce(&Canvas<'_>) -> Drawn,
) -> Result<String, PlotError> {
    let mut svg = String::new();
    let units = |pixels: f64| (pixels * SCALE).round() as u32;
    let drawn = {
        let backend = SVGBackend::with_string(&mut svg, (units(WIDTH), units(height)));
        let area = backend.into_drawing_area();
        let canvas = Canvas { area };
        canvas.area.fill(&WHITE).and_then(|()| draw(&canvas)).and_then(|()| canvas.area.present())
    };
    drawn.map_err(|source| PlotError { plot: about.name.to_owned(), source })?;
    let body = svg.split_once('>').map_or("", |(_, body)| body);
    Ok(format!("{}{}", head(height, about), compact(body)))
}

/// Takes out the attributes that only repeat the default.
fn compact(body: &str) -> String {
    body.replace(" opacity=\"1\"", "")
        .replace(" stroke=\"none\"", "")
        .replace("\n</text>", "</text>")
}

fn head(height: f64, about: &About<'_>) -> String {
    let name = about.name;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{name}-title {name}-desc\">\n\
         <title id=\"{name}-title\">{}</title>\n<desc id=\"{name}-desc\">{}</desc>",
        WIDTH * SCALE,
        height * SCALE,
        crate::html::escaped(about.title),
        crate::html::escaped(about.description),
    )
}

/// The text, cut short with `…` after so many characters.
pub(super) fn elided(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        None => text.to_owned(),
        Some(_) => text.chars().take(characters - 1).chain(['…']).collect(),
    }
}

/// About how wide a text is, pixels.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    text.chars().count() as f64 * size * CHARACTER_WIDTH
}

fn units((x, y): At) -> (i32, i32) {
    ((x * SCALE).round() as i32, (y * SCALE).round() as i32)
}

fn filled(colour: Colour) -> ShapeStyle {
    rgba(colour).filled()
}

fn rgba(colour: Colour) -> RGBAColor {
    let Colour { red, green, blue, opacity } = colour;
    RGBAColor(red, green, blue, opacity)
}

impl Canvas<'_> {
    /// A filled rectangle between two corners.
    pub(super) fn rectangle(&self, from: At, to: At, colour: Colour) -> Drawn {
        self.area.draw(&Rectangle::new([units(from), units(to)], filled(colour)))
    }

    /// A line through points.
    pub(super) fn line(
        &self,
        points: impl IntoIterator<Item = At>,
        colour: Colour,
        width: f64,
    ) -> Drawn {
        let style = rgba(colour).stroke_width((width * SCALE).round().max(1.0) as u32);
        let points: Vec<_> = points.into_iter().map(units).collect();
        self.area.draw(&PathElement::new(points, style))
    }

    /// A filled circle.
    pub(super) fn circle(&self, centre: At, radius: f64, colour: Colour) -> Drawn {
        self.area.draw(&Circle::new(units(centre), (radius * SCALE).round() as i32, filled(colour)))
    }

    /// A filled polygon.
    pub(super) fn polygon(&self, corners: &[At], colour: Colour) -> Drawn {
        let corners: Vec<_> = corners.iter().copied().map(units).collect();
        self.area.draw(&Polygon::new(corners, filled(colour)))
    }

    /// A line of text.
    pub(super) fn text(&self, at: At, text: &str, label: Label) -> Drawn {
        let anchor = match label.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let weight = match label.weight {
            Weight::Normal => FontStyle::Normal,
            Weight::Bold => FontStyle::Bold,
        };
        let style = (FONTS, label.size * SCALE * TEXT_FACTOR, weight)
            .with_color(rgba(label.colour))
            .into_text_style(&self.area)
            .pos(Pos::new(anchor, VPos::Center));
        let printable: String = text.chars().filter(|c| !c.is_control()).collect();
        self.area.draw(&Text::new(printable, units(at), style))
    }
}
