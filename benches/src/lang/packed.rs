//! Lists of ints as bytes, which one process can pass to another in a file.

use super::builtins::Arguments;
use super::machine::{Done, Machine};
use super::value::Value;
use super::world::World;

/// The size of one int.
const BYTES: usize = size_of::<i64>();

pub(super) fn pack<W: World>(machine: &Machine<W>, given: Arguments) -> Done<Value<W>> {
    let Value::List(list) = given.value(machine, 0) else {
        return given.wrong("a list of ints", given.value(machine, 0));
    };
    let packed: Done<Vec<u8>> = W::read(&list.0, &machine.token, |values, _| {
        let mut bytes = Vec::with_capacity(values.len() * BYTES);
        for value in values {
            let Value::Int(value) = value else { return given.wrong("a list of ints", value) };
            bytes.extend(value.to_le_bytes());
        }
        Ok(bytes)
    });
    Ok(Value::Buffer(W::make(packed?.into())))
}

pub(super) fn unpack<W: World>(machine: &Machine<W>, given: Arguments) -> Done<Value<W>> {
    let buffer = given.buffer(machine, 0)?;
    let (ints, rest) = buffer.as_chunks::<BYTES>();
    if !rest.is_empty() {
        return Err(format!(
            "{} bytes are no packed list, which has {BYTES} for each int",
            buffer.len()
        ));
    }
    Ok(Value::list(ints.iter().map(|bytes| Value::Int(i64::from_le_bytes(*bytes))).collect()))
}
