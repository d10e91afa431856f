use super::*;
use crate::random::Draws;
use crate::tests::mutate::mutants;

fn written(values: &[Value]) -> Vec<u8> {
    let mut bytes = Vec::new();
    values.iter().for_each(|value| write(value, &mut bytes));
    bytes
}

fn every_kind() -> Vec<Value> {
    vec![
        Value::Text("_result".into()),
        Value::Number(1.0),
        Value::Null,
        Value::Object(vec![
            ("code".into(), Value::Text("NetConnection.Connect.Success".into())),
            ("ok".into(), Value::Bool(true)),
            ("list".into(), Value::List(vec![Value::Number(-2.5), Value::Bool(false)])),
            ("data".into(), Value::Object(vec![])),
        ]),
    ]
}

#[test]
fn what_is_written_is_read_back() {
    assert_eq!(read_all(&written(&every_kind())), Ok(every_kind()));
}

#[test]
fn values_look_as_the_specification_draws_them() {
    assert_eq!(written(&[Value::Number(1.0)]), [0, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(written(&[Value::Text("ab".into()), Value::Bool(true)]), [2, 0, 2, b'a', b'b', 1, 1]);
    let object = Value::Object(vec![("a".into(), Value::Null)]);
    assert_eq!(written(&[object]), [3, 0, 1, b'a', 5, 0, 0, 9]);
}

#[test]
fn kinds_that_only_servers_send_are_read() {
    let ecma = [8, 0, 0, 0, 1, 0, 1, b'a', 1, 1, 0, 0, 9];
    assert_eq!(read_all(&ecma), Ok(vec![Value::Object(vec![("a".into(), Value::Bool(true))])]));
    assert_eq!(read_all(&[12, 0, 0, 0, 1, b'x']), Ok(vec![Value::Text("x".into())]));
    assert_eq!(read_all(&[11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), Ok(vec![Value::Null]));
    assert_eq!(read_all(&[6, 7, 0, 1]), Ok(vec![Value::Null, Value::Null]));
}

#[test]
fn cut_unknown_deep_and_endless_values_are_refused() {
    let whole = written(&every_kind());
    assert_eq!(read_all(&whole[..whole.len() - 1]), Err(AmfError::Cut));
    assert_eq!(read_all(&[17]), Err(AmfError::UnknownType(17)));
    assert_eq!(read_all(&[3, 0, 1, b'a'].repeat(100)), Err(AmfError::TooDeep));
    assert_eq!(read_all(&[5; 1_001]), Err(AmfError::TooMany));
    assert_eq!(read_all(&[10, 0xff, 0xff, 0xff, 0xff]), Err(AmfError::Cut));
    let endless: Vec<u8> = [&[10, 0xff, 0xff, 0xff, 0xff][..], &[5; 2_000]].concat();
    assert_eq!(read_all(&endless), Err(AmfError::TooMany));
}

#[test]
fn mutated_values_never_panic() {
    let mut draws = Draws::new(2);
    for mutant in mutants(&written(&every_kind()), 4_000, &mut draws) {
        let _ = read_all(&mutant);
    }
}
