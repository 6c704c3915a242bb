//! The part database, which is there with and without the features of the crate.

use rtboot_fcb::database;

#[test]
fn every_name_is_there_once_and_is_found() {
    let mut names = database::names();
    assert!(names.len() > 40, "{}", names.len());
    for name in &names {
        let (_, file) = database::find(&name.to_lowercase()).unwrap();
        assert_eq!(&file.parts[0].name, name);
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), database::parts().count());
}

#[test]
fn a_file_is_found_by_name_stem_and_part() {
    assert_eq!(
        database::find("issi.cfg").unwrap().1.parts[0].name,
        "IS25LP064A"
    );
    assert_eq!(
        database::find("ISSI").unwrap().1.parts[0].name,
        "IS25LP064A"
    );
    let (file, parts) = database::find("is25wp064a").unwrap();
    assert_eq!(
        (file, parts.parts[0].name.as_str()),
        ("issi.cfg", "IS25WP064A")
    );
    assert_eq!(
        parts.parts[1].name, "IS25LP064A",
        "the others keep their order"
    );
    assert!(database::find("is25lp064b").is_none());
}

#[cfg(feature = "std")]
#[test]
fn nearest_part_is_suggested() {
    assert_eq!(
        database::nearest("is25lp064b").as_deref(),
        Some("IS25LP064A")
    );
    assert_eq!(database::nearest("toaster"), None);
}
