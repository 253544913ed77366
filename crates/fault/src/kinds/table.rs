//! What the catalogue becomes: the `kinds` macro.

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $variant:ident($parameters:ty) = $name:literal in $group:ident $(.$method:ident($($given:expr),*))*;)+) => {
        /// What goes wrong.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        #[schemars(rename = "Inject")]
        pub enum Injection { $($(#[doc = $doc])+ $variant($parameters),)+ }

        /// Every kind of fault, in the order of the documentation.
        pub static KINDS: &[Kind] = &[$(
            Kind::new($name, concat!($($doc),+), Group::$group)$(.$method($($given),*))*,
        )+];

        impl Injection {
            /// The kind's name in scenario files and reports.
            pub const fn name(&self) -> &'static str {
                match self { $(Injection::$variant(_) => $name,)+ }
            }

            fn parameters(&self) -> &dyn Parameters {
                match self { $(Injection::$variant(it) => it,)+ }
            }
        }
    };
}
