//! Enumerations whose members have names in records.

/// Declares an enumeration with the name of each member: `ALL`, `name` and `from_name`.
macro_rules! named {
    ($(#[$doc:meta])* pub enum $enum:ident { $($(#[$of:meta])* $member:ident $name:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $enum { $($(#[$of])* $member),+ }

        impl $enum {
            /// All of them, in their order.
            pub const ALL: &[$enum] = &[$($enum::$member),+];

            /// Its name in records.
            pub fn name(self) -> &'static str {
                match self { $($enum::$member => $name),+ }
            }

            /// The one of this name.
            pub fn from_name(name: &str) -> Option<$enum> {
                match name { $($name => Some($enum::$member),)+ _ => None }
            }
        }

        impl serde::Serialize for $enum {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }
    };
}
pub(crate) use named;
