//! The catalogue of public credit information: what there is to say of a firm at all. What is not in it is no record, and
//! scores nothing (`01-seed-systems.md` I5, §1.5 limit 3).

use std::sync::LazyLock;

use super::kind::RecordKind;
use crate::members::{InvalidRecord, Members, built_in};

/// A catalogue has at most so many items, each of at most so many types of records.
const ITEMS_MAX: usize = 64;

/// An item of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueItem {
    /// Its code. The national catalogue has none: codes are ours.
    pub code: String,
    /// Its name, as the national catalogue has it.
    pub name: String,
    kinds: Vec<RecordKind>,
}

/// The items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    /// Which one it is. A later one MUST NOT take anything away: a record would be one on some nodes alone.
    pub version: String,
    /// What it follows.
    pub basis: String,
    items: Vec<CatalogueItem>,
}

static FIRST: LazyLock<Catalogue> =
    LazyLock::new(|| built_in(Catalogue::parse(include_bytes!("public-credit-catalogue.json"))));

impl Catalogue {
    /// The sections of the national basic catalogue, without that of titles and professions, which people have; and
    /// measures, and the procedures of objection and repair.
    pub fn first() -> &'static Catalogue {
        &FIRST
    }

    /// Reads `{"version", "basis", "items": [{"code", "name", "types"}]}`. Each type of record is of one item at least.
    pub fn parse(bytes: &[u8]) -> Result<Catalogue, InvalidRecord> {
        let mut members = Members::parse(bytes)?;
        let (version, basis) = (members.text("version")?, members.text("basis")?);
        let items: Vec<CatalogueItem> =
            members.objects("items", ITEMS_MAX)?.into_iter().map(item).collect::<Result<_, _>>()?;
        let mut codes: Vec<&str> = items.iter().map(|item| item.code.as_str()).collect();
        codes.sort_unstable();
        if codes.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(members.error("items", "one code twice"));
        }
        let catalogue = Catalogue { version, basis, items };
        if let Some(kind) = RecordKind::ALL.iter().find(|kind| catalogue.own_item(**kind).is_none()) {
            return Err(members.error("items", format!("none is of {}", kind.name())));
        }
        members.end().map(|()| catalogue)
    }

    /// The item that a type of record is of unless a record says otherwise: the first one.
    pub fn own_item(&self, kind: RecordKind) -> Option<&CatalogueItem> {
        self.items.iter().find(|item| item.kinds.contains(&kind))
    }

    /// The item of a code, if it is one of that type of record.
    pub fn item(&self, code: &str, kind: RecordKind) -> Option<&CatalogueItem> {
        self.items.iter().find(|item| item.code == code && item.kinds.contains(&kind))
    }
}

fn item(mut members: Members) -> Result<CatalogueItem, InvalidRecord> {
    let (code, name) = (members.text("code")?, members.text("name")?);
    let types = members.texts("types", ITEMS_MAX)?;
    let kinds: Option<Vec<RecordKind>> = types.iter().map(|name| RecordKind::from_name(name)).collect();
    let kinds = kinds.ok_or_else(|| members.error("types", "not all are types of records"))?;
    members.end().map(|()| CatalogueItem { code, name, kinds })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Goal: every type of record is of an item, its own first. Method: the built-in catalogue, a table.
    #[test]
    fn items() {
        let catalogue = Catalogue::first();
        assert!(RecordKind::ALL.iter().all(|kind| catalogue.own_item(*kind).is_some()));
        let table = [
            (RecordKind::Penalty, "administrative", true),
            (RecordKind::Penalty, "honours", false),
            (RecordKind::Administrative, "administrative", true),
            (RecordKind::Administrative, "honours", true),
            (RecordKind::Listing, "serious_dishonesty", true),
            (RecordKind::Listing, "media", false),
            (RecordKind::Listing, "", false),
        ];
        for (kind, code, covers) in table {
            assert_eq!(catalogue.item(code, kind).is_some(), covers, "{kind:?} {code}");
        }
        assert_eq!(catalogue.own_item(RecordKind::Administrative).unwrap().code, "administrative");
    }

    // Goal: a catalogue that is none is refused at its place. Method: the real one with one thing changed.
    #[test]
    fn catalogues_that_are_none() {
        let good = include_str!("public-credit-catalogue.json");
        let table = [
            ("\"suyuan:Listing\"", "", "/items"),
            ("\"suyuan:Listing\"", "\"suyuan:Opinion\"", "/items/4/types"),
            ("\"judicial\"", "\"registration\"", "/items"),
            ("\"version\"", "\"edition\"", "/version"),
        ];
        for (from, to, pointer) in table {
            assert!(good.contains(from), "{from}");
            assert_eq!(Catalogue::parse(good.replacen(from, to, 1).as_bytes()).unwrap_err().pointer, pointer, "{to}");
        }
    }
}
