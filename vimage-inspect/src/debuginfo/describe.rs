//! What the debug information says of one type.

use gimli::AttributeValue;

use super::index::{Entry, Id, Index};

/// The most entries below one type; functions are among them.
const ENTRIES: usize = 1 << 15;

/// A type.
#[derive(Debug)]
pub(super) struct Described {
    /// As the debug information has it, without the module.
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) size: u64,
    pub(super) align: Option<u64>,
    pub(super) shape: Shape,
}

#[derive(Debug)]
pub(super) enum Shape {
    Number(Number),
    /// A struct or a tuple.
    Struct(Vec<Member>),
    /// An enum whose variants can have data.
    Variants {
        tag: Option<Member>,
        variants: Vec<Variant>,
    },
    /// An enum whose variants are numbers.
    Names(Vec<(u128, String)>),
    /// A reference, a raw pointer or a `Box`; to nothing that is described, for a function pointer.
    Pointer(Option<Id>),
    Array(Id, u64),
    Union(Vec<Member>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    Bool,
    Char,
    Signed,
    Unsigned,
    Float,
}

#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) of: Id,
    pub(super) offset: u64,
}

#[derive(Debug)]
pub(super) struct Variant {
    /// The tag; `None` for the variant of all other tags.
    pub(super) tag: Option<u128>,
    pub(super) member: Member,
}

impl Described {
    /// The name without generic arguments.
    pub(super) fn base(&self) -> &str {
        self.name.split('<').next().unwrap_or_default()
    }

    pub(super) fn members(&self) -> &[Member] {
        match &self.shape {
            Shape::Struct(members) | Shape::Union(members) => members,
            _ => &[],
        }
    }

    pub(super) fn member(&self, name: &str) -> Option<&Member> {
        self.members().iter().find(|member| member.name == name)
    }
}

/// What is found of a type and its generic arguments; `None` if it is of a kind that is not known, or damaged.
pub(super) fn describe(index: &Index, id: Id) -> Option<(Described, Vec<(String, Id)>)> {
    let unit = index.unit(id)?;
    let mut entries = unit.entries_at_offset(gimli::UnitOffset(id.offset)).ok()?;
    let entry = entries.next_dfs().ok()??;
    let tag = entry.tag();
    let number = |entry: &Entry, attribute| entry.attr_value(attribute).and_then(|value| value.udata_value());
    let of = |entry: &Entry| index.reference(id, &entry.attr_value(gimli::DW_AT_type)?);
    let (target, size, align) =
        (of(entry), number(entry, gimli::DW_AT_byte_size), number(entry, gimli::DW_AT_alignment));
    let encoding = match entry.attr_value(gimli::DW_AT_encoding) {
        Some(AttributeValue::Encoding(encoding)) => Some(encoding),
        _ => None,
    };
    let name = index.string(id, entry, gimli::DW_AT_name).unwrap_or_default();
    let mut below = Below { own: entry.depth(), ..Below::default() };
    let mut count = 0;
    while let Some(entry) = entries.next_dfs().ok()? {
        if entry.depth() <= below.own {
            break;
        }
        count += 1;
        if count > ENTRIES {
            return None;
        }
        let name = || index.string(id, entry, gimli::DW_AT_name).unwrap_or_default();
        let member = || {
            // A bit field has no offset in bytes.
            let offset = number(entry, gimli::DW_AT_data_member_location)?;
            Some(Member { name: name(), of: of(entry)?, offset })
        };
        below.add(entry, name, member, || of(entry))?;
    }
    let shape = match tag {
        gimli::DW_TAG_base_type => Shape::Number(match encoding? {
            gimli::DW_ATE_boolean => Number::Bool,
            gimli::DW_ATE_UTF => Number::Char,
            gimli::DW_ATE_signed | gimli::DW_ATE_signed_char => Number::Signed,
            gimli::DW_ATE_unsigned | gimli::DW_ATE_unsigned_char => Number::Unsigned,
            gimli::DW_ATE_float => Number::Float,
            _ => return None,
        }),
        gimli::DW_TAG_structure_type if below.is_enum => Shape::Variants { tag: below.tag, variants: below.variants },
        gimli::DW_TAG_structure_type => Shape::Struct(below.members),
        gimli::DW_TAG_union_type => Shape::Union(below.members),
        gimli::DW_TAG_enumeration_type => Shape::Names(below.names),
        gimli::DW_TAG_pointer_type => Shape::Pointer(target),
        gimli::DW_TAG_array_type => Shape::Array(target?, below.length?),
        _ => return None,
    };
    let size = match shape {
        Shape::Pointer(_) => 8,
        Shape::Array(..) => 0,
        _ => size?,
    };
    Some((Described { name, namespace: index.namespace(id).to_owned(), size, align, shape }, below.arguments))
}

/// What is below the entry of a type.
#[derive(Default)]
struct Below {
    own: isize,
    members: Vec<Member>,
    arguments: Vec<(String, Id)>,
    names: Vec<(u128, String)>,
    length: Option<u64>,
    is_enum: bool,
    tag: Option<Member>,
    variants: Vec<Variant>,
    /// The tag of the variant whose member comes next.
    next: Option<Option<u128>>,
}

impl Below {
    /// `None` where something is not understood that the layout depends on.
    fn add(
        &mut self,
        entry: &Entry,
        name: impl Fn() -> String,
        member: impl Fn() -> Option<Member>,
        of: impl Fn() -> Option<Id>,
    ) -> Option<()> {
        match (entry.tag(), entry.depth() - self.own) {
            // What is static has no place in a value.
            (gimli::DW_TAG_member, 1) if entry.attr_value(gimli::DW_AT_external).is_some() => {}
            (gimli::DW_TAG_member, 1) => self.members.push(member()?),
            (gimli::DW_TAG_template_type_parameter, 1) => self.arguments.extend(of().map(|of| (name(), of))),
            (gimli::DW_TAG_enumerator, 1) => {
                self.names.push((constant(&entry.attr_value(gimli::DW_AT_const_value)?)?, name()));
            }
            (gimli::DW_TAG_subrange_type, 1) => {
                // One dimension: an array of arrays is an array whose elements are arrays.
                if self.length.is_some() {
                    return None;
                }
                let count = entry.attr_value(gimli::DW_AT_count);
                self.length = Some(count.and_then(|count| count.udata_value())?);
            }
            (gimli::DW_TAG_variant_part, 1) if self.is_enum => return None,
            (gimli::DW_TAG_variant_part, 1) => self.is_enum = true,
            (gimli::DW_TAG_member, 2) if self.is_enum && self.next.is_none() => self.tag = Some(member()?),
            (gimli::DW_TAG_variant, 2) => {
                if entry.attr_value(gimli::DW_AT_discr_list).is_some() {
                    return None;
                }
                let value = entry.attr_value(gimli::DW_AT_discr_value);
                self.next = Some(match value {
                    Some(value) => Some(constant(&value)?),
                    None => None,
                });
            }
            (gimli::DW_TAG_member, 3) if self.is_enum => {
                if let Some(tag) = self.next {
                    self.variants.push(Variant { tag, member: member()? });
                }
            }
            _ => {}
        }
        Some(())
    }
}

/// The bits of a constant, extended by its sign where it has one: only those of the tag's size count.
fn constant(value: &AttributeValue<super::sections::Bytes>) -> Option<u128> {
    use gimli::Reader;
    match value {
        AttributeValue::Data1(value) => Some((*value).into()),
        AttributeValue::Data2(value) => Some((*value).into()),
        AttributeValue::Data4(value) => Some((*value).into()),
        AttributeValue::Data8(value) | AttributeValue::Udata(value) => Some((*value).into()),
        AttributeValue::Data16(value) => Some(*value),
        AttributeValue::Sdata(value) => Some(i128::from(*value).cast_unsigned()),
        // A number of 16 bytes.
        AttributeValue::Block(bytes) if bytes.len() == 16 => bytes.clone().read_u128().ok(),
        _ => None,
    }
}
