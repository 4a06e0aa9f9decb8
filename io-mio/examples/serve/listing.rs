//! A folder without an index, as a page.

use crate::paths::encode_name;
use std::fs;
use std::io;
use std::path::Path;

/// Names that are read of a folder.
const MOST: usize = 10_000;
/// Octets beyond which the page is cut short: every request has a page of its own, which is held until
/// its reader has taken it.
const LARGEST: usize = 256 * 1024;

/// A page with links to what is in the folder; of a large one, to a part, and it says so.
pub(crate) fn page(folder: &Path) -> io::Result<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)?.take(MOST) {
        let entry = entry?;
        // A link is shown as a file; whoever follows it is led on.
        let is_folder = entry.file_type()?.is_dir();
        names.push((entry.file_name(), is_folder));
    }
    let mut is_cut = names.len() == MOST;
    names.sort();
    let mut page = String::from("<!doctype html>\n<meta charset=\"utf-8\">\n<ul>\n");
    for (name, is_folder) in names {
        if page.len() > LARGEST {
            is_cut = true;
            break;
        }
        let slash = if is_folder { "/" } else { "" };
        page.push_str("<li><a href=\"");
        encode_name(name.as_encoded_bytes(), &mut page);
        page.push_str(slash);
        page.push_str("\">");
        escape(&name.to_string_lossy(), &mut page);
        page.push_str(slash);
        page.push_str("</a>\n");
    }
    page.push_str("</ul>\n");
    if is_cut {
        page.push_str("<p>There is more in this folder than this page shows.\n");
    }
    Ok(page)
}

fn escape(text: &str, into: &mut String) {
    for letter in text.chars() {
        match letter {
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '&' => into.push_str("&amp;"),
            '"' => into.push_str("&quot;"),
            letter => into.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::page;
    use std::fs;

    #[test]
    fn a_large_folder_has_a_page_of_bounded_size() {
        let place = std::env::temp_dir().join(format!("bywash-large-{}", std::process::id()));
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join("one"), "").unwrap();
        assert!(!page(&place).unwrap().contains("more in this folder"));
        // Each takes six times its length in a link.
        let long = "&".repeat(200);
        for n in 0..400 {
            fs::write(place.join(format!("{long}{n}")), "").unwrap();
        }
        let page = page(&place).unwrap();
        assert!(page.len() < super::LARGEST + 4096, "{}", page.len());
        assert!(page.contains("more in this folder"));
        fs::remove_dir_all(&place).unwrap();
    }

    #[test]
    #[cfg(unix)]
    fn names_cannot_write_the_page() {
        let place = std::env::temp_dir().join(format!("bywash-listing-{}", std::process::id()));
        fs::create_dir_all(place.join("sub")).unwrap();
        fs::write(place.join("<b>&\"javascript:x"), "").unwrap();
        let page = page(&place).unwrap();
        assert!(page.contains("<li><a href=\"sub/\">sub/</a>"));
        let hostile =
            "<a href=\"%3Cb%3E%26%22javascript%3Ax\">&lt;b&gt;&amp;&quot;javascript:x</a>";
        assert!(page.contains(hostile), "{page}");
        fs::remove_dir_all(&place).unwrap();
    }
}
