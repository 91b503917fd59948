//! Product classes: which profile an event is judged by.

use suyuan_epcis::codes::record as codes;
use suyuan_epcis::problem::Reason;

/// Declares the classes: `Variant = "CODE";`
macro_rules! classes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal;)*) => {
        /// A class of products.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ProductClass {
            $($(#[$doc])* $variant,)*
        }

        impl ProductClass {
            /// Every class.
            pub const ALL: &'static [ProductClass] = &[$(ProductClass::$variant),*];

            /// Its code in records.
            pub fn code(self) -> &'static str {
                match self { $(ProductClass::$variant => $code,)* }
            }
        }
    };
}

classes! {
    /// Food that belongs to no class of its own.
    Food = "FOOD";
    /// Infant formula and what it is made of.
    Infant = "INFANT";
    /// Fresh food.
    Fresh = "FRESH";
    /// Products of farming.
    Agri = "AGRI";
    /// What farming uses: seed, fertiliser, pesticide, veterinary drugs, feed.
    AgInput = "AGINPUT";
    /// Drugs.
    Drug = "DRUG";
    /// Vaccines.
    Vacc = "VACC";
    /// Medical devices and consumables.
    MedCon = "MEDCON";
    /// Cosmetics.
    Cosm = "COSM";
    /// Special equipment.
    SpEq = "SPEQ";
    /// Dangerous goods.
    Haz = "HAZ";
    /// Anything else.
    Other = "OTHER";
}

impl ProductClass {
    /// The class of this code.
    pub fn from_code(code: &str) -> Option<ProductClass> {
        ProductClass::ALL.iter().copied().find(|class| class.code() == code)
    }

    /// The class of this code, or what is wrong with it.
    pub fn parse(code: &str) -> Result<ProductClass, Reason> {
        ProductClass::from_code(code).ok_or_else(|| {
            let known: Vec<&str> = ProductClass::ALL.iter().map(|class| class.code()).collect();
            Reason::new(codes::UNKNOWN_CLASS, &[code, &known.join(" ")])
        })
    }
}
