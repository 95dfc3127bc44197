//! The instances, from the rows of each class.

use std::collections::{HashMap, HashSet};

use crate::error::Error;
use crate::look::{Instance, parents};
use crate::memory::Reader;
use crate::tables::{Class, Layout, Tables};

/// The most rows that are read at a time.
const PIECE: u64 = 4096;
/// The most instances of one process.
const INSTANCES: usize = 1 << 24;
/// The most chunks of rows, and the most rows of the first one.
const CHUNKS: u64 = 64;
const FIRST: u64 = 1 << 16;
/// The bytes of a header that a reader looks at.
const HEADER: u64 = 1024;

/// A row: the address it is at, the id, the address of the block, and the id of the node above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    address: u64,
    id: u64,
    block: u64,
    parent: u64,
}

/// All instances that exist while this runs, class by class.
pub(crate) fn instances(reader: &Reader<'_>, tables: &Tables) -> Result<Vec<Instance>, Error> {
    let mut all = Vec::new();
    for (number, class) in tables.classes.iter().enumerate() {
        let layout = &tables.layouts[class.tables];
        let rows = read(reader, class, layout)?;
        let mut found = Vec::new();
        for row in rows.iter().filter(|row| row.block != 0) {
            if all.len() + found.len() >= INSTANCES {
                return Err(Error::damaged("there are more instances than any process has"));
            }
            match instance(reader, number, layout, row) {
                Ok(instance) => found.push(instance),
                // It may have been destroyed; if it has not, its row is damaged.
                Err(error) if reader.is_still() || exists(reader, row) => return Err(error),
                Err(_) => {}
            }
        }
        // Those whose rows are the same afterwards existed all the while. Their parents are what the later look says.
        let later = if reader.is_still() { rows } else { read(reader, class, layout)? };
        let blocks: HashMap<u64, (u64, u64)> = later.iter().map(|row| (row.id, (row.block, row.address))).collect();
        found.retain(|instance| blocks.get(&instance.id) == Some(&(instance.block, instance.row)));
        let above = later.iter().map(|row| (row.id, row.parent)).collect();
        let parents = parents(&above, &later.iter().filter(|row| row.block != 0).map(|row| row.id).collect());
        for instance in &mut found {
            instance.parent = parents.get(&instance.id).copied();
        }
        found.sort_unstable_by_key(|instance| instance.id);
        all.extend(found);
    }
    Ok(all)
}

/// The rows of a class that are in use.
fn read(reader: &Reader<'_>, class: &Class, layout: &Layout) -> Result<Vec<Row>, Error> {
    if layout.chunks > CHUNKS || !(1..=FIRST).contains(&layout.first_rows) || !(24..=4096).contains(&layout.row) {
        return Err(Error::damaged("rows of an impossible size"));
    }
    let directory = reader.record(class.directory, layout.chunks * 8)?;
    let mut rows = Vec::new();
    let mut ids = HashSet::new();
    for chunk in 0..layout.chunks {
        let start = directory.u64(chunk as usize * 8);
        // Chunks are added one after the other.
        if start == 0 {
            break;
        }
        let count = layout.first_rows.checked_shl(chunk as u32).filter(|count| *count <= 1 << 40);
        let count = count.ok_or_else(|| Error::damaged("too many chunks of rows"))?;
        let mut done = 0;
        while done < count {
            let piece = PIECE.min(count - done);
            let address = start.wrapping_add(done * layout.row);
            let read = reader.record(address, piece * layout.row)?;
            for index in 0..piece {
                let offset = (index * layout.row) as usize;
                let (key, block, parent) = (read.u64(offset), read.u64(offset + 8), read.u64(offset + 16));
                // An instance that moves to another row while they are read is destroyed; ids are given once.
                if let Some(id) = key.checked_sub(1).filter(|id| ids.insert(*id)) {
                    rows.push(Row { address: address.wrapping_add(index * layout.row), id, block, parent });
                }
            }
            done += piece;
        }
        if rows.len() > INSTANCES {
            return Err(Error::damaged("there are more instances than any process has"));
        }
    }
    Ok(rows)
}

fn exists(reader: &Reader<'_>, row: &Row) -> bool {
    reader.record(row.address, 16).is_ok_and(|now| Some(now.u64(0)) == row.id.checked_add(1) && now.u64(8) == row.block)
}

fn instance(reader: &Reader<'_>, class: usize, layout: &Layout, row: &Row) -> Result<Instance, Error> {
    let end = [layout.id + 8, layout.handles + 8, layout.phase + 1, layout.name + 16].into_iter().max().unwrap_or(0);
    if end > HEADER {
        return Err(Error::damaged("headers of an impossible size"));
    }
    let header = reader.record(row.block, end)?;
    if header.u64(layout.id as usize) != row.id {
        return Err(Error::damaged(format!("the block of instance {} is that of another one", row.id)));
    }
    let (name, length) = (header.u64(layout.name as usize), header.u64(layout.name as usize + 8));
    Ok(Instance {
        class,
        id: row.id,
        name: if name == 0 { None } else { Some(reader.text(name, length)?) },
        state: layout
            .states
            .get(usize::from(header.u8(layout.phase as usize)))
            .cloned()
            .unwrap_or_else(|| "?".to_owned()),
        handles: header.u64(layout.handles as usize) & layout.handles_mask,
        parent: None,
        block: row.block,
        row: row.address,
    })
}
