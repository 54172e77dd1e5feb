//! What is written is read back, and nothing else is taken for a backup.

use proptest::prelude::*;

use super::*;

fn value(kind: Kind) -> BoxedStrategy<Value> {
    match kind {
        Kind::Number => any::<Option<i64>>().prop_map(Value::Number).boxed(),
        Kind::Text => any::<Option<String>>().prop_map(Value::Text).boxed(),
        Kind::Bytes => any::<Option<Vec<u8>>>().prop_map(Value::Bytes).boxed(),
    }
}

fn lines() -> impl Strategy<Value = Vec<Line>> {
    let row = (value(Kind::Number), value(Kind::Text), value(Kind::Bytes));
    let row = row.prop_map(|(number, text, bytes)| Line::Row(vec![number, text, bytes]));
    let heading = Line::Heading(Heading {
        table: "t".into(),
        columns: vec![
            ("n".into(), Kind::Number),
            ("t".into(), Kind::Text),
            ("b".into(), Kind::Bytes),
        ],
    });
    prop::collection::vec(row, 0..6).prop_map(move |rows| {
        let mut lines = vec![heading.clone()];
        lines.extend(rows);
        lines
    })
}

fn written(lines: &[Line]) -> Vec<u8> {
    let mut to = Vec::new();
    let header = Header::new("2030-01-01T00:00:00Z".into(), vec!["1 accounts".into()]);
    let mut writer = Writer::new(&mut to, &header).unwrap();
    for line in lines {
        match line {
            Line::Heading(heading) => writer.heading(heading).unwrap(),
            Line::Row(values) => writer.row(values).unwrap(),
        }
    }
    writer.end().unwrap();
    to
}

fn read(bytes: &[u8]) -> Result<Vec<Line>, Broken> {
    let mut reader = Reader::new(bytes)?;
    let mut lines = Vec::new();
    while let Some(line) = reader.next_line()? {
        lines.push(line);
    }
    Ok(lines)
}

proptest! {
    #[test]
    fn lines_come_back_as_they_went(lines in lines()) {
        prop_assert_eq!(read(&written(&lines)).unwrap(), lines);
    }

    #[test]
    fn what_was_cut_off_or_changed_is_refused(
        lines in lines(),
        place in any::<prop::sample::Index>(),
        bit in 0..8_u32,
    ) {
        let whole = written(&lines);
        let place = place.index(whole.len());
        prop_assert!(read(&whole[..place]).is_err());
        let mut changed = whole.clone();
        changed[place] ^= 1 << bit;
        prop_assert!(read(&changed).is_err());
        prop_assert!(read(&[&whole[..], b"\n"].concat()).is_err());
    }

    #[test]
    fn no_bytes_make_the_reader_fall(bytes in any::<Vec<u8>>()) {
        prop_assert!(read(&bytes).is_err());
    }
}

#[test]
fn other_files_and_other_versions_are_told_apart() {
    for (text, expected) in [
        ("", "no backup"),
        ("PGDMP", "no backup"),
        ("{\"format\":\"zip\"}\n", "no backup"),
        (
            "{\"format\":\"coderunner-backup\",\"version\":2}\n",
            "format 2",
        ),
        (
            "{\"format\":\"coderunner-backup\",\"version\":1}\n",
            "line 1",
        ),
    ] {
        let error = read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}
