//! What the Kattis problem package format (2023-07-draft and 2025-09) says of its default output
//! validator, as a table: its options as it names them, an expected text, and texts that are
//! right or wrong for it. `3.14000000e-2` for `0.0314` is the format's own example, from the
//! legacy version; the others are its sentences one by one, and the corners that they leave.

use super::*;

struct Vector {
    options: &'static str,
    expected: &'static [u8],
    right: &'static [&'static [u8]],
    wrong: &'static [&'static [u8]],
}

/// The checker for the options of a validator's command line.
fn checker(options: &str) -> Checker {
    let mut words = Words {
        case: Case::Insensitive,
        space: Space::Insensitive,
    };
    let (mut absolute, mut relative) = (None, None);
    let mut options = options.split_whitespace();
    while let Some(option) = options.next() {
        let mut number = || options.next().unwrap().parse::<f64>().unwrap();
        match option {
            "case_sensitive" => words.case = Case::Sensitive,
            "space_change_sensitive" => words.space = Space::Sensitive,
            "float_absolute_tolerance" => absolute = Some(number()),
            "float_relative_tolerance" => relative = Some(number()),
            "float_tolerance" => {
                absolute = Some(number());
                relative = absolute;
            }
            other => panic!("{other} is no option"),
        }
    }
    if (absolute, relative) == (None, None) {
        return Checker::Tokens(words);
    }
    let tolerance = Tolerance::new(absolute.unwrap_or(0.0), relative.unwrap_or(0.0));
    Checker::Float(words, tolerance.unwrap())
}

const VECTORS: &[Vector] = &[
    // Words, whatever the white space.
    Vector {
        options: "",
        expected: b"ab cd\n",
        right: &[
            b"ab cd\n",
            b"ab cd",
            b"  ab\ncd\n\n",
            b"ab\tcd",
            b"ab\r\ncd\r\n",
            b"\x0bab\x0ccd\x0b\x0c",
        ],
        wrong: &[
            b"",
            b"ab",
            b"abcd",
            b"ab cd ef",
            b"ef ab cd",
            b"cd ab",
            b"ab cd\n\n\n.",
            // No-break space, next line and zero width space are letters like any other.
            b"ab\xa0cd",
            b"ab\xc2\xa0cd",
            b"ab\xc2\x85cd",
            b"ab\xe2\x80\x8bcd",
            b"\xef\xbb\xbfab cd",
            b"ab\x1ccd",
        ],
    },
    // No word at all.
    Vector {
        options: "",
        expected: b"",
        right: &[b"", b" ", b"\n", b" \t\r\n\x0b\x0c"],
        wrong: &[b".", b"0", b"\0", b" \0 "],
    },
    Vector {
        options: "",
        expected: b" \n",
        right: &[b"", b"\n\n"],
        wrong: &[b"x"],
    },
    // Capital letters are small ones, but only those of ASCII.
    Vector {
        options: "",
        expected: b"Yes \xc3\x9cber Z[",
        right: &[b"Yes \xc3\x9cber Z[", b"yes \xc3\x9cBER z["],
        wrong: &[
            b"yes \xc3\xbcber z[",
            b"yes \xc3\x9cber z{",
            b"yess \xc3\x9cber z[",
        ],
    },
    Vector {
        options: "",
        expected: b"straSSe Kelvin",
        right: &[b"strasse kELVIN"],
        wrong: &[b"stra\xc3\x9fe kelvin", b"strasse \xe2\x84\xaaelvin"],
    },
    Vector {
        options: "case_sensitive",
        expected: b"Yes B",
        right: &[b"Yes B", b" Yes\nB\n"],
        wrong: &[b"yes B", b"YES B", b"Yes b"],
    },
    // Bytes, be they text or not.
    Vector {
        options: "",
        expected: b"a\xffA",
        right: &[b"A\xffa"],
        wrong: &[b"a\xfea", b"aa", b"a\xff"],
    },
    Vector {
        options: "",
        expected: b"a",
        right: &[b"a", b"A"],
        wrong: &[b"a\0", b"\0a", b"a\0b"],
    },
    // Without a tolerance numbers are words.
    Vector {
        options: "",
        expected: b"200 0.5",
        right: &[b"200 0.5"],
        wrong: &[
            b"2.0e2 0.5",
            b"200.0 0.5",
            b"+200 0.5",
            b"200 .5",
            b"0200 0.5",
        ],
    },
    Vector {
        options: "",
        expected: b"0",
        right: &[b"0"],
        wrong: &[b"-0", b"0.0", b"00"],
    },
    // White space that counts: kind, amount and both ends.
    Vector {
        options: "space_change_sensitive",
        expected: b"a b\n",
        right: &[b"a b\n", b"A B\n"],
        wrong: &[
            b"a b",
            b"a b\n\n",
            b"a b \n",
            b"a b\r\n",
            b" a b\n",
            b"\na b\n",
            b"a  b\n",
            b"a\tb\n",
            b"a\nb\n",
            b"ab\n",
            b"a b\nc",
            b"a b\nc\n",
            b"a c\n",
        ],
    },
    Vector {
        options: "space_change_sensitive",
        expected: b"",
        right: &[b""],
        wrong: &[b" ", b"\n", b"a"],
    },
    Vector {
        options: "space_change_sensitive",
        expected: b" \n",
        right: &[b" \n"],
        wrong: &[b"", b" ", b"\n", b"\n ", b" \n\n", b" \nx", b"x"],
    },
    Vector {
        options: "space_change_sensitive case_sensitive",
        expected: b"a\tB",
        right: &[b"a\tB"],
        wrong: &[b"a\tb", b"a B", b"a\tB\n"],
    },
    Vector {
        options: "space_change_sensitive float_tolerance 1e-6",
        expected: b"x 0.5\n",
        right: &[b"x 0.5\n", b"X 5e-1\n", b"x 0.5000001\n"],
        wrong: &[b"x 0.5", b"x  0.5\n", b"x 0.6\n", b"x0.5\n"],
    },
    // The format's example.
    Vector {
        options: "float_tolerance 0",
        expected: b"0.0314",
        right: &[
            b"3.14000000e-2",
            b"0.0314",
            b".0314",
            b"+314e-4",
            b"0.03140",
        ],
        wrong: &[b"3.14000001e-2", b"0.031", b"-0.0314"],
    },
    // An absolute tolerance, up to its edge. Whole numbers are numbers too.
    Vector {
        options: "float_absolute_tolerance 1",
        expected: b"10 11",
        right: &[
            b"10 11",
            b"9 12",
            b"11 10",
            b"10.25 11.5",
            b"1e1 1.1E1",
            b"9. +12",
        ],
        wrong: &[b"8.999999 11", b"10 12.000001", b"10", b"10 11 12"],
    },
    Vector {
        options: "float_absolute_tolerance 0.5",
        expected: b"1000000",
        right: &[b"1000000.5", b"999999.5"],
        // No relative tolerance was given.
        wrong: &[b"1000000.75", b"1000001"],
    },
    // A relative tolerance is a part of the expected number, not of the one that came.
    Vector {
        options: "float_relative_tolerance 0.5",
        expected: b"10 -20",
        right: &[b"5 -10", b"15 -30", b"10 -20.0"],
        wrong: &[b"4.999 -20", b"15.001 -20", b"10 -9.999", b"10 20"],
    },
    Vector {
        options: "float_relative_tolerance 1e-6",
        expected: b"0",
        right: &[b"0", b"-0", b"0.000", b"0e9", b"-.0"],
        // Nothing but 0 is near 0; a number too small for a double is 0.
        wrong: &[b"1e-9", b"-1e-300"],
    },
    // Both: either is enough.
    Vector {
        options: "float_tolerance 0.5",
        expected: b"1000 0.25",
        right: &[b"500 -0.25", b"1500 0.75", b"1000.5 0.125", b"999.5 0.375"],
        wrong: &[b"499 0.25", b"1501 0.25", b"1000 -0.26", b"1000 0.76"],
    },
    Vector {
        options: "float_absolute_tolerance 0.25 float_relative_tolerance 0.01",
        expected: b"1 100",
        right: &[b"1.25 100", b"0.75 101", b"1 99"],
        wrong: &[b"1.3 100", b"1 101.5", b"1 98.5"],
    },
    // A tolerance of 0 still compares numbers, not their text.
    Vector {
        options: "float_tolerance 0",
        expected: b"1.50",
        right: &[b"1.5", b"15e-1", b"+1.500", b"0001.5"],
        wrong: &[b"1.5000001", b"1", b"1.5."],
    },
    // Words beside numbers, and words that only begin as one.
    Vector {
        options: "float_tolerance 0.5",
        expected: b"Case #1: 3.0",
        right: &[b"Case #1: 3.0", b"case #1: 3.5", b"CASE #1: 2.5"],
        wrong: &[
            b"Case #1.0: 3.0",
            b"Case #2: 3.0",
            b"Case 1 3.0",
            b"Case #1: three",
        ],
    },
    Vector {
        options: "float_tolerance 0.5",
        expected: b"1000A x1 5%",
        right: &[b"1000a X1 5%"],
        wrong: &[
            b"1000.0a x1 5%",
            b"1000 x1 5%",
            b"1000A x1.0 5%",
            b"1000A x1 5",
        ],
    },
    Vector {
        options: "float_tolerance 0.5 case_sensitive",
        expected: b"Pi 1e1",
        right: &[b"Pi 1e1", b"Pi 1E1", b"Pi 10"],
        wrong: &[b"pi 1e1"],
    },
    // What is no number is wrong where one is expected.
    Vector {
        options: "float_tolerance 10",
        expected: b"1",
        right: &[
            b"1",
            b"1.",
            b"1.e0",
            b".1e1",
            b"+1",
            b"-9",
            b"1E+00",
            b"0000000011",
        ],
        wrong: &[
            b"nan",
            b"NaN",
            b"-nan",
            b"nan(1)",
            b"inf",
            b"-inf",
            b"Infinity",
            b"1e999",
            b"-1e999",
            b"0x1",
            b"0x1p0",
            b"0X1",
            b"0b1",
            b"0o1",
            b"1_0",
            b"1,0",
            b"1;",
            b"1f",
            b"1.0L",
            b"1d0",
            b"--1",
            b"+-1",
            b"1+",
            b"1-1",
            b"1e",
            b"1e+",
            b"1e1.5",
            b"e1",
            b".",
            b"+",
            b"-",
            b".e1",
            b"1.2.3",
            b"1..",
            b"(1)",
            b"$1",
            b"1\0",
            b"1\xff",
            b"\xd9\xa1",
            b"\xef\xbc\x91",
            b"\xe2\x88\x921",
            b"True",
            b"one",
        ],
    },
    // Expected words that are no numbers are words, so no number is near them.
    Vector {
        options: "float_tolerance 1000",
        expected: b"nan inf -Infinity",
        right: &[b"nan inf -Infinity", b"NaN INF -infinity"],
        wrong: &[
            b"0 inf -Infinity",
            b"nan 1e308 -Infinity",
            b"nan inf inf",
            b"-nan inf -Infinity",
        ],
    },
    Vector {
        options: "float_tolerance 1000",
        expected: b"0x10 1,5 1e999",
        right: &[b"0X10 1,5 1E999"],
        wrong: &[
            b"16 1,5 1e999",
            b"0x10 1.5 1e999",
            b"0x10 1,5 1e998",
            b"0x10 1,5 2e999",
        ],
    },
    // Many digits, and the ends of the range.
    Vector {
        options: "float_tolerance 0",
        expected: b"123456789012345678901234567890.123456789012345678901234567890",
        right: &[b"123456789012345678901234567890.12345678901234567890123456789000000"],
        wrong: &[b"123456789012346000000000000000"],
    },
    Vector {
        options: "float_tolerance 1e-9",
        expected: b"1e308",
        right: &[b"1e308", b"10e307", b"1.0000000001e308"],
        wrong: &[b"-1e308", b"1.1e308", b"1e309"],
    },
];

#[test]
fn the_default_validator_is_followed_to_the_letter() {
    for vector in VECTORS {
        let checker = checker(vector.options);
        for (texts, right) in [(vector.right, true), (vector.wrong, false)] {
            for text in texts {
                assert_eq!(
                    checker.accepts_text(vector.expected, text),
                    right,
                    "[{}] {:?}: {:?}",
                    vector.options,
                    String::from_utf8_lossy(vector.expected),
                    String::from_utf8_lossy(text)
                );
            }
        }
    }
}

#[test]
fn each_expected_text_is_right_for_itself() {
    for vector in VECTORS {
        assert!(checker(vector.options).accepts_text(vector.expected, vector.expected));
    }
}
