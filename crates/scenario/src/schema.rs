//! The JSON Schema of scenario files, made from the mirror in `text`: [`schema`].

use std::sync::LazyLock;

use fault::Outcome;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Value, json};
use wire::event::{Detector, Mode};
use wire::{Mechanism, Node};
use world::traffic::{Kind, Size};
use world::weather::Light;

use crate::text::Scenario;
use crate::text::board::Board;

/// The JSON Schema (2020-12) of a scenario file, for editor completion.
pub fn schema() -> String {
    serde_json::to_string_pretty(document()).expect("a JSON value has a text")
}

/// The JSON Schema (2020-12) of a board file.
pub fn board_schema() -> String {
    serde_json::to_string_pretty(board_document()).expect("a JSON value has a text")
}

/// The schema of a scenario file as a value. Cross-checks between keys are not in it.
pub(crate) fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| document_of::<Scenario>("failop scenario"));
    &DOCUMENT
}

/// The schema of a board file as a value.
pub(crate) fn board_document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| document_of::<Board>("failop board"));
    &DOCUMENT
}

fn document_of<T: JsonSchema>(title: &str) -> Value {
    let settings =
        SchemaSettings::draft2020_12().with_transform(RecursiveTransform(for_toml_editors));
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("title".into(), title.into());
    schema.to_value()
}

/// Takes away what a TOML file cannot hold (`null`) and what an editor cannot use (Rust's number
/// formats, defaults of whole tables).
fn for_toml_editors(schema: &mut Schema) {
    schema.remove("format");
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = &types[..] {
            let only = only.clone();
            schema.insert("type".into(), only);
        }
    }
    if schema.get("default").is_some_and(|default| default.is_null() || default.is_object()) {
        schema.remove("default");
    }
}

/// A string out of a list, each with its meaning.
pub(crate) fn words(words: &[(&str, &str)]) -> Schema {
    let each: Vec<Value> = words
        .iter()
        .map(|(word, meaning)| json!({ "const": word, "description": meaning }))
        .collect();
    json_schema!({ "oneOf": each })
}

/// The word that a scenario file has for a value of the world.
fn word(value: impl Serialize) -> Value {
    serde_json::to_value(value).expect("a variant has a name")
}

/// A kind of actor, each with what it is and its size.
fn kinds(kinds: &[Kind]) -> Schema {
    let each: Vec<Value> = kinds
        .iter()
        .map(|kind| {
            let Size { length_m, width_m, height_m } = kind.size();
            let meaning = match kind {
                Kind::Car => "a passenger car",
                Kind::Van => "a van or a bus: tall, with a flat rear",
                Kind::Lorry => "a lorry",
                Kind::Motorcycle => "a motorcycle with its rider",
                Kind::Pedestrian => "a person on foot, adult or child by the size",
                Kind::Obstacle => "a thing that stands on the road",
            };
            let meaning = format!("{meaning}; {length_m} × {width_m} × {height_m} m");
            json!({ "const": word(kind), "description": meaning })
        })
        .collect();
    json_schema!({ "oneOf": each, "default": word(Kind::default()) })
}

/// What an actor is.
pub(crate) fn kind(_: &mut SchemaGenerator) -> Schema {
    kinds(&Kind::ALL)
}

/// What drives in a lane.
pub(crate) fn model(_: &mut SchemaGenerator) -> Schema {
    kinds(&[Kind::Car, Kind::Van, Kind::Lorry, Kind::Motorcycle])
}

/// How bright it is.
pub(crate) fn light(_: &mut SchemaGenerator) -> Schema {
    let each = [
        (Light::Day, "an overcast day"),
        (Light::LowSun, "the sun stands low ahead: glare, long contrasts"),
        (Light::Night, "low beams on, no street lights"),
    ]
    .map(|(light, meaning)| json!({ "const": word(light), "description": meaning }));
    json_schema!({ "oneOf": each })
}

/// The name of a process.
pub(crate) fn node(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "enum": Node::ALL.map(Node::name) })
}

/// Names of processes.
pub(crate) fn nodes(generator: &mut SchemaGenerator) -> Schema {
    set_of(&node(generator))
}

/// The name of a mode of fusion.
pub(crate) fn mode(_: &mut SchemaGenerator) -> Schema {
    words(&[
        (Mode::Fused.name(), "camera and radar are fresh"),
        (Mode::CameraOnly.name(), "only the camera is fresh"),
        (Mode::RadarOnly.name(), "only the radar is fresh"),
        (Mode::Coasting.name(), "neither sensor is fresh, tracks are extrapolated"),
        (Mode::Blind.name(), "neither sensor is fresh, and no track is left"),
        (Mode::Safe.name(), "the watchdog has sent the system to its safe state"),
    ])
}

/// Names of modes of fusion.
pub(crate) fn modes(generator: &mut SchemaGenerator) -> Schema {
    set_of(&mode(generator))
}

/// Classes of outcome.
pub(crate) fn outcomes(generator: &mut SchemaGenerator) -> Schema {
    set_of(&generator.subschema_for::<Outcome>())
}

/// Names of detectors, whoever they are.
pub(crate) fn all_detectors(_: &mut SchemaGenerator) -> Schema {
    let names: Vec<&str> = Detector::ALL.iter().map(|detector| detector.name()).collect();
    set_of(&json_schema!({ "enum": names }))
}

/// Names of detectors that can be switched off.
pub(crate) fn detectors(_: &mut SchemaGenerator) -> Schema {
    set_of(&words(&[
        (Detector::Exit.name(), "the kernel reports the end of the process (pidfd)"),
        (Detector::Heartbeat.name(), "the process shows no life"),
        (Detector::Startup.name(), "a new process does not get ready"),
        (Detector::Alive.name(), "too few or too many steps are finished"),
        (Detector::Deadline.name(), "a step takes too long"),
        (Detector::Logical.name(), "a step is done in a wrong order"),
        (Detector::EarlyDeath.name(), "the kernel marks what the process held (robust futex)"),
        (Detector::Memory.name(), "the process uses more memory than it may"),
        (Detector::Integrity.name(), "the end-to-end check of a sample fails"),
        (Detector::Sequence.name(), "samples are missing in a sequence"),
        (Detector::Frozen.name(), "a sample repeats the content of the one before"),
        (Detector::Late.name(), "a sample is too old to be used"),
        (Detector::Silence.name(), "nothing comes from a sensor"),
        (Detector::Plausibility.name(), "the content of a sample cannot be true"),
        (Detector::Time.name(), "the measurement time of a sample cannot be true"),
        (Detector::Source.name(), "a sample comes from somebody who may not send it"),
    ]))
}

/// Who is restarted with a failed process.
pub(crate) fn strategy(_: &mut SchemaGenerator) -> Schema {
    words(&[
        ("one-for-one", "nobody else"),
        ("rest-for-one", "those after it in the order camera, radar, fusion"),
        ("one-for-all", "everyone"),
    ])
}

/// The name of a mechanism.
pub(crate) fn mechanism(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "enum": Mechanism::ALL.map(Mechanism::name) })
}

/// What follows when a process is given up.
pub(crate) fn give_up(_: &mut SchemaGenerator) -> Schema {
    words(&[
        ("degrade", "the others go on, for `emergency-operation-s`"),
        ("safe-state", "the system goes to its safe state at once"),
    ])
}

fn set_of(items: &Schema) -> Schema {
    json_schema!({ "type": "array", "items": items, "uniqueItems": true })
}
