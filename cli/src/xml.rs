//! The texts in an answer of a Query API.

use quick_xml::Reader;
use quick_xml::events::Event;

/// The elements of an answer that hold a text, in their order. The names are few, so that they are looked for one by one.
pub(crate) struct Texts(Vec<(String, String)>);

impl Texts {
    /// Reads an answer; none for what isn't XML.
    pub(crate) fn read(xml: &str) -> Option<Self> {
        let (mut reader, mut open, mut texts) = (Reader::from_str(xml), None, Vec::new());
        loop {
            match reader.read_event().ok()? {
                Event::Start(element) => {
                    open = Some(texts.len());
                    texts.push((element.local_name().as_ref().to_owned(), String::new()));
                }
                Event::End(_) => open = None,
                Event::Text(text) => {
                    if let Some((_, kept)) = open.and_then(|at: usize| texts.get_mut(at)) {
                        kept.push_str(&text.xml10_content());
                    }
                }
                Event::GeneralRef(reference) => {
                    if let Some((_, kept)) = open.and_then(|at: usize| texts.get_mut(at)) {
                        kept.push(named(&reference)?);
                    }
                }
                Event::Eof => return Some(Self(texts)),
                _ => {}
            }
        }
    }

    /// The first text of this name.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(of, _)| of == name).map(|(_, text)| text.as_str())
    }

    /// All texts of this name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(of, _)| of == name).map(|(_, text)| text.as_str())
    }
}

/// The character of a reference: AWS's answers have XML's own five, and numbers.
fn named(reference: &quick_xml::events::BytesRef<'_>) -> Option<char> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Some(character);
    }
    Some(match &**reference {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_read_by_their_names() {
        let texts =
            Texts::read("<R xmlns=\"x\"><C><Key>a+b/c</Key>\n<Key>&lt;&#65;&amp;</Key></C></R>").unwrap();
        assert_eq!(texts.all("Key").collect::<Vec<_>>(), ["a+b/c", "<A&"]);
        assert_eq!((texts.first("Key"), texts.first("None")), (Some("a+b/c"), None));
        assert!(Texts::read("<a").is_none() || Texts::read("<a").unwrap().first("a").is_none());
    }
}
