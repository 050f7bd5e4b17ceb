//! The effects of the instructions on values.

use super::code::Op;
use super::machine::{Done, Machine};
use super::value::{Dict, Entries, Value};
use super::world::World;

/// Longest text that `+` and `*` produce.
const TEXT_MAX: usize = 1 << 30;

pub(super) fn truth<W: World>(value: &Value<W>) -> Done<bool> {
    match value {
        Value::True => Ok(true),
        Value::False => Ok(false),
        other => Err(format!("a condition is true or false, not {}", other.kind())),
    }
}

pub(super) fn negate<W: World>(machine: &mut Machine<W>) -> Done {
    let value = match machine.pop() {
        Value::Int(value) => value.checked_neg().ok_or_else(|| overflow("-"))?,
        other => return Err(format!("`-` takes an int, not {}", other.kind())),
    };
    machine.stack.push(Value::Int(value));
    Ok(())
}

pub(super) fn not<W: World>(machine: &mut Machine<W>) -> Done {
    let value = truth(&machine.pop())?;
    machine.stack.push(Value::bool(!value));
    Ok(())
}

fn overflow(symbol: &str) -> String {
    format!("the result of `{symbol}` does not fit into 64 bits")
}

/// Arithmetic and order of the two values on top.
#[inline]
pub(super) fn binary<W: World>(op: Op, machine: &mut Machine<W>) -> Done {
    let stack = &mut machine.stack;
    if let [.., left, Value::Int(right)] = &mut stack[..]
        && let Value::Int(number) = left
    {
        *left = ints(op, *number, *right)?;
        stack.truncate(stack.len() - 1);
        return Ok(());
    }
    mixed(op, machine)
}

#[inline]
fn ints<W: World>(op: Op, left: i64, right: i64) -> Done<Value<W>> {
    let number = match op {
        Op::Add => left.checked_add(right),
        Op::Subtract => left.checked_sub(right),
        Op::Multiply => left.checked_mul(right),
        Op::Divide | Op::Remainder if right == 0 => return Err("division by zero".to_owned()),
        Op::Divide => left.checked_div_euclid(right),
        Op::Remainder => left.checked_rem_euclid(right),
        Op::Less => return Ok(Value::bool(left < right)),
        Op::LessEqual => return Ok(Value::bool(left <= right)),
        Op::Greater => return Ok(Value::bool(left > right)),
        _ => return Ok(Value::bool(left >= right)),
    };
    number.map(Value::Int).ok_or_else(|| overflow(symbol(op)))
}

#[cold]
fn mixed<W: World>(op: Op, machine: &mut Machine<W>) -> Done {
    let (right, left) = (machine.pop(), machine.pop());
    let value = match (op, &left, &right) {
        (Op::Add, Value::Text(left), Value::Text(right)) => {
            if left.len() + right.len() > TEXT_MAX {
                return Err(format!("the text would be longer than {TEXT_MAX} bytes"));
            }
            Value::text([&***left, &***right].concat())
        }
        (Op::Add, Value::List(left), Value::List(right)) => {
            let mut values = left.snapshot(&machine.token);
            values.extend(right.snapshot(&machine.token));
            Value::list(values)
        }
        (Op::Less, Value::Text(left), Value::Text(right)) => Value::bool(**left < **right),
        (Op::LessEqual, Value::Text(left), Value::Text(right)) => Value::bool(**left <= **right),
        (Op::Greater, Value::Text(left), Value::Text(right)) => Value::bool(**left > **right),
        (Op::GreaterEqual, Value::Text(left), Value::Text(right)) => Value::bool(**left >= **right),
        _ => {
            let (symbol, left, right) = (symbol(op), left.kind(), right.kind());
            return Err(format!("`{symbol}` does not take {left} and {right}"));
        }
    };
    machine.stack.push(value);
    Ok(())
}

fn symbol(op: Op) -> &'static str {
    match op {
        Op::Add => "+",
        Op::Subtract => "-",
        Op::Multiply => "*",
        Op::Divide => "/",
        Op::Remainder => "%",
        Op::Less => "<",
        Op::LessEqual => "<=",
        Op::Greater => ">",
        _ => ">=",
    }
}

/// The place of an index in `length` elements.
fn place<W: World>(index: &Value<W>, length: usize) -> Done<usize> {
    let Value::Int(number) = index else {
        return Err(format!("an index is an int, not {}", index.kind()));
    };
    match usize::try_from(*number) {
        Ok(place) if place < length => Ok(place),
        _ => Err(format!("there is no element {number}: the length is {length}")),
    }
}

pub(super) fn index<W: World>(machine: &mut Machine<W>) -> Done {
    let (index, of) = (machine.pop(), machine.pop());
    let value = match &of {
        Value::List(list) => W::read(&list.0, &machine.token, |values, token| {
            place(&index, values.len()).map(|place| values[place].share(token))
        })?,
        Value::Dict(dict) => {
            let key = index.key()?;
            let found = W::read(&dict.0, &machine.token, |entries, token| {
                entries.get(&key).map(|value| value.share(token))
            });
            match found {
                Some(value) => value,
                None => {
                    let key = index.show(&machine.token, &[]);
                    return Err(format!("there is no entry {key}; `has` says whether there is"));
                }
            }
        }
        Value::Text(text) => {
            let length = text.chars().count();
            let place = place(&index, length)?;
            Value::text(text.chars().nth(place).map(String::from).unwrap_or_default())
        }
        Value::Buffer(buffer) => Value::Int(buffer[place(&index, buffer.len())?].into()),
        other => return Err(format!("{} has no elements", other.kind())),
    };
    machine.stack.push(value);
    Ok(())
}

pub(super) fn set_index<W: World>(machine: &mut Machine<W>) -> Done {
    let (value, index, of) = (machine.pop(), machine.pop(), machine.pop());
    // The old value is dropped outside the cell: a destructor may access any cell.
    match &of {
        Value::List(list) => drop(W::write(&list.0, &mut machine.token, |values| {
            let place = place(&index, values.len())?;
            Ok::<_, String>(std::mem::replace(&mut values[place], value))
        })?),
        Value::Dict(dict) => {
            let key = index.key()?.to_key();
            drop(W::write(&dict.0, &mut machine.token, |entries| entries.insert(key, value)));
        }
        other => return Err(format!("{} has no elements that can be set", other.kind())),
    }
    Ok(())
}

pub(super) fn dict<W: World>(machine: &mut Machine<W>, count: usize) -> Done {
    let values = machine.stack.split_off(machine.stack.len() - 2 * count);
    let mut entries = Entries::<W>::default();
    let mut values = values.into_iter();
    while let (Some(key), Some(value)) = (values.next(), values.next()) {
        entries.insert(key.key()?.to_key(), value);
    }
    machine.stack.push(Value::Dict(W::make(Dict(W::cell(entries)))));
    Ok(())
}

/// With the list and the index on top: pushes the next element, if there is one.
#[inline]
pub(super) fn for_next<W: World>(machine: &mut Machine<W>) -> Done<bool> {
    let next = match &mut machine.stack[..] {
        [.., Value::List(list), Value::Int(index)] => {
            let place = *index as usize;
            *index += 1;
            W::read(&list.0, &machine.token, |values, token| {
                values.get(place).map(|value| value.share(token))
            })
        }
        [.., other, _] => {
            return Err(format!("`for` goes over a list or a range, not {}", other.kind()));
        }
        _ => None,
    };
    let found = next.is_some();
    machine.stack.extend(next);
    Ok(found)
}

/// With the end and the present number on top: pushes the number, if it is below the end.
#[inline]
pub(super) fn for_range<W: World>(machine: &mut Machine<W>) -> Done<bool> {
    let [.., Value::Int(end), Value::Int(present)] = &mut machine.stack[..] else {
        return Err("a range goes from an int to an int".to_owned());
    };
    if *present >= *end {
        return Ok(false);
    }
    let number = *present;
    *present += 1;
    machine.stack.push(Value::Int(number));
    Ok(true)
}
