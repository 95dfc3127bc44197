//! Variables of types of every kind.
#![allow(dead_code, reason = "each test file uses what it needs")]

#[vimage::module(symmap)]
pub mod shapes {
    use std::borrow::Cow;
    use std::cell::{Cell, OnceCell, RefCell};
    use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, VecDeque};
    use std::fmt::Debug;
    use std::marker::PhantomData;
    use std::net::{IpAddr, Ipv4Addr};
    use std::num::{NonZeroU16, Wrapping};
    use std::rc::Rc;
    use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
    use std::sync::{Arc, LazyLock, Mutex, OnceLock, RwLock};
    use std::time::Duration;
    use vimage::prelude::*;

    #[derive(Clone, Debug, PartialEq)]
    pub struct Point<T = u32> {
        x: T,
        y: Option<Box<Point<T>>>,
    }

    #[derive(Clone, Debug)]
    pub enum Shape {
        Empty,
        Text(u8, String),
        Named { z: u64, point: Point },
        Boxed(Box<Shape>),
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
    #[repr(i8)]
    pub enum Sign {
        Minus = -3,
        Plus = 4,
    }

    #[derive(Clone, Debug)]
    pub enum Only {
        One(u32),
    }

    /// An enum with a tag of its own, and one whose tag is in a niche of a niche.
    #[derive(Clone, Debug)]
    #[repr(u16)]
    pub enum Tagged {
        Small(u8) = 7,
        Large(u128) = 60_000,
    }

    #[derive(Clone, Debug)]
    pub struct Unit;

    #[derive(Clone, Debug)]
    pub struct Generic<A, const N: usize>([A; N], PhantomData<A>);

    #[derive(Debug, Default)]
    pub struct Counters {
        packets: AtomicU64,
        errors: AtomicI32,
        up: AtomicBool,
    }

    #[virtualized]
    static COUNTERS: Counters =
        Counters { packets: AtomicU64::new(5), errors: AtomicI32::new(-5), up: AtomicBool::new(true) };
    #[virtualized]
    static POINTS: Mutex<Vec<Point>> = Mutex::new(Vec::new());
    #[virtualized]
    static WIDE_POINTS: RwLock<[Option<Point<u64>>; 2]> = RwLock::new([None, None]);
    #[virtualized]
    static SHAPE_LIST: Mutex<VecDeque<Shape>> = Mutex::new(VecDeque::new());
    #[virtualized]
    static OPTIONS: Mutex<Vec<Option<Option<bool>>>> = Mutex::new(Vec::new());
    #[virtualized]
    static RESULTS: Mutex<Vec<Result<u8, String>>> = Mutex::new(Vec::new());
    #[virtualized]
    static TUPLE: (u8, Sign, char, f32, f64, (i16,), ()) = (1, Sign::Minus, 'ß', 0.1, 2.0, (-9,), ());
    #[virtualized]
    static SIGNS: [Sign; 2] = [Sign::Plus, Sign::Minus];
    #[virtualized]
    static GRID: [[Only; 2]; 2] = [[Only::One(1), Only::One(2)], [Only::One(3), Only::One(4)]];
    #[virtualized]
    static TAGGED: Mutex<Vec<Tagged>> = Mutex::new(Vec::new());
    #[virtualized]
    static WIDE_TAGS: Mutex<Vec<Option<i128>>> = Mutex::new(Vec::new());
    #[virtualized]
    static UNITS: (Unit, Generic<u16, 3>) = (Unit, Generic([1, 2, 3], PhantomData));
    #[virtualized]
    static NO_SIZE: Mutex<Vec<Unit>> = Mutex::new(Vec::new());
    #[virtualized]
    static TABLE_OF_LISTS: LazyLock<RwLock<HashMap<String, Vec<Shape>>>> = LazyLock::new(RwLock::default);
    #[virtualized]
    static NUMBERS: Mutex<Option<HashSet<u16>>> = Mutex::new(None);
    #[virtualized]
    static TREE: Mutex<BTreeMap<u32, String>> = Mutex::new(BTreeMap::new());
    #[virtualized]
    static NO_TREE: Mutex<BTreeMap<Sign, Box<Shape>>> = Mutex::new(BTreeMap::new());
    #[virtualized]
    static SET: Mutex<BTreeSet<Sign>> = Mutex::new(BTreeSet::new());
    #[virtualized]
    static HEAP: Mutex<BinaryHeap<u8>> = Mutex::new(BinaryHeap::new());
    #[virtualized]
    static SHARED_TEXT: OnceLock<Arc<str>> = OnceLock::new();
    #[virtualized]
    static SHARED_LIST: OnceLock<Arc<[Sign]>> = OnceLock::new();
    #[virtualized]
    static SHARED_POINT: OnceLock<Arc<Point<u64>>> = OnceLock::new();
    #[virtualized]
    static BOXED_LIST: OnceLock<Box<[u16]>> = OnceLock::new();
    #[virtualized]
    static BOXED_TEXT: Mutex<Option<Box<str>>> = Mutex::new(None);
    #[virtualized]
    static SLICE: &[Option<u16>] = &[None, Some(3)];
    #[virtualized]
    static REFERENCE: &&Point<i8> = &&Point { x: -1, y: None };
    #[virtualized]
    static NO_REFERENCE: Option<&Point<i8>> = None;
    #[virtualized]
    static TEXTS: (&str, Mutex<String>) = ("quoted \"text\"\n", Mutex::new(String::new()));
    #[virtualized]
    static COWS: Mutex<Vec<Cow<'static, str>>> = Mutex::new(Vec::new());
    #[virtualized]
    static ADDRESSES: Mutex<Vec<(IpAddr, Duration)>> = Mutex::new(Vec::new());
    #[virtualized]
    static NOT_NULL: (Option<NonZeroU16>, NonZeroU16, Wrapping<i64>) = (None, NonZeroU16::MAX, Wrapping(-1));
    #[virtualized(keep)]
    static KEPT: Mutex<Vec<Sign>> = Mutex::new(Vec::new());
    #[shared(symmap)]
    static OF_ALL: Mutex<Vec<Point>> = Mutex::new(Vec::new());

    #[virtualized]
    static UNTOUCHED: LazyLock<Point> = LazyLock::new(|| Point { x: 1, y: None });
    #[virtualized]
    static UNSET: OnceLock<Point> = OnceLock::new();
    #[virtualized]
    static DYNAMIC: &(dyn Debug + Sync) = &5_u8;
    #[virtualized]
    static WITH_DYNAMIC: WithDynamic = WithDynamic { before: 1, inner: &5_u8, after: 2 };
    #[virtualized]
    static POINTERS: Pointers = Pointers { raw: std::ptr::null(), function: twice };
    #[virtualized]
    static OWN_UNION: Either = Either { number: 1 };
    #[virtualized]
    static LOCKED: Mutex<Wrapping<u8>> = Mutex::new(Wrapping(5));
    #[virtualized]
    static LOCKED_INSIDE: LockedInside = LockedInside { name: "it", held: Mutex::new(Sign::Plus) };

    pub struct WithDynamic {
        before: u8,
        inner: &'static (dyn Debug + Sync),
        after: u8,
    }

    pub struct Pointers {
        raw: *const u8,
        function: fn(u8) -> u8,
    }

    // SAFETY: nothing reads through the pointer.
    unsafe impl Sync for Pointers {}
    // SAFETY: the same.
    unsafe impl Send for Pointers {}

    pub union Either {
        number: u32,
        letters: [u8; 4],
    }

    pub struct LockedInside {
        name: &'static str,
        held: Mutex<Sign>,
    }

    fn twice(number: u8) -> u8 {
        number * 2
    }

    /// What one thread uses: the cells and `Rc`s of a program with one.
    #[derive(Debug, Default)]
    pub struct OneThread {
        cell: Cell<u16>,
        count: RefCell<Vec<u8>>,
        once: OnceCell<u8>,
        counted: Rc<Cell<u32>>,
        next: RefCell<Option<Rc<OneThread>>>,
    }

    // SAFETY: only the test's thread uses it.
    unsafe impl Send for OneThread {}

    #[virtualized]
    static CIRCLE: Mutex<Option<Box<OneThread>>> = Mutex::new(None);
    #[virtualized]
    static CELLS: Mutex<Option<Box<OneThread>>> = Mutex::new(None);
    #[virtualized]
    static DEEP: Mutex<Option<Box<Point<u8>>>> = Mutex::new(None);
    #[virtualized]
    static LONG: Mutex<Vec<Sign>> = Mutex::new(Vec::new());
    #[virtualized]
    static MANY: Mutex<BTreeMap<u16, u16>> = Mutex::new(BTreeMap::new());
    #[virtualized]
    static TABLE: Mutex<Option<HashSet<u64>>> = Mutex::new(None);

    /// What the list of shapes is as JSON after `fill(1)`.
    pub const JSON: &str = r#"["Empty",{"Text":[1,"text 1"]},{"Named":{"z":1,"point":{"x":1,"y":{"x":2,"y":null}}}},{"Boxed":{"Boxed":"Empty"}}]"#;

    fn point(n: u32) -> Point {
        Point { x: n, y: Some(Box::new(Point { x: n + 1, y: None })) }
    }

    fn shapes(n: u32) -> Vec<Shape> {
        vec![
            Shape::Empty,
            Shape::Text(n as u8, format!("text {n}")),
            Shape::Named { z: n.into(), point: point(n) },
            Shape::Boxed(Box::new(Shape::Boxed(Box::new(Shape::Empty)))),
        ]
    }

    /// Gives all variables values that differ by the number.
    pub fn fill(n: u32) {
        V_COUNTERS.packets.store(n.into(), Ordering::Relaxed);
        *V_POINTS.lock().unwrap() = vec![point(n), point(n + 7)];
        *V_WIDE_POINTS.write().unwrap() = [None, Some(Point { x: u64::MAX - u64::from(n), y: None })];
        let mut list = V_SHAPE_LIST.lock().unwrap();
        // A ring that goes around its end.
        list.extend([Shape::Empty, Shape::Empty, Shape::Empty]);
        list.drain(..3);
        list.extend(shapes(n));
        *V_OPTIONS.lock().unwrap() = vec![None, Some(None), Some(Some(true)), Some(Some(false))];
        *V_RESULTS.lock().unwrap() = vec![Ok(n as u8), Err("no".to_owned())];
        *V_TAGGED.lock().unwrap() = vec![Tagged::Small(n as u8), Tagged::Large(u128::MAX - 1)];
        *V_WIDE_TAGS.lock().unwrap() = vec![None, Some(i128::MIN), Some(n.into())];
        *V_NO_SIZE.lock().unwrap() = vec![Unit; n as usize];
        let keys = (0..20 * n).map(|key| (format!("key {key}"), shapes(key)));
        V_TABLE_OF_LISTS.write().unwrap().extend(keys);
        *V_NUMBERS.lock().unwrap() = Some((0..100).map(|key| key * 7).collect());
        *V_TREE.lock().unwrap() = (0..n * 100).map(|key| (key * 3, format!("value {key}"))).collect();
        *V_SET.lock().unwrap() = BTreeSet::from([Sign::Plus, Sign::Minus]);
        *V_HEAP.lock().unwrap() = BinaryHeap::from([3, 1, 2]);
        _ = V_SHARED_TEXT.set(format!("shared {n}").into());
        _ = V_SHARED_LIST.set([Sign::Plus, Sign::Minus].into());
        _ = V_SHARED_POINT.set(Arc::new(Point { x: 5, y: Some(Box::new(Point { x: 6, y: None })) }));
        _ = V_BOXED_LIST.set([1, 2, 3].into());
        *V_BOXED_TEXT.lock().unwrap() = Some("boxed".into());
        *V_TEXTS.1.lock().unwrap() = "on the heap, 'ß'".to_owned();
        *V_COWS.lock().unwrap() = vec!["borrowed".into(), format!("owned {n}").into()];
        *V_ADDRESSES.lock().unwrap() = vec![
            (Ipv4Addr::new(10, 0, 0, n as u8).into(), Duration::from_millis(1500)),
            ("fe80::1".parse().unwrap(), Duration::ZERO),
        ];
        *V_KEPT.lock().unwrap() = vec![Sign::Plus; n as usize];
        *OF_ALL.lock().unwrap() = vec![point(99)];
        *V_CELLS.lock().unwrap() = Some(Box::new(one_thread(n)));
        let first = Rc::new(one_thread(n));
        let second = OneThread { next: RefCell::new(Some(first.clone())), ..one_thread(n) };
        *first.next.borrow_mut() = Some(Rc::new(second));
        *V_CIRCLE.lock().unwrap() = Some(Box::new(OneThread { next: RefCell::new(Some(first)), ..one_thread(n) }));
    }

    fn one_thread(n: u32) -> OneThread {
        let one = OneThread::default();
        one.cell.set(n as u16);
        one.count.borrow_mut().extend([1, 2, 3]);
        one.counted.set(n);
        one
    }

    /// What is longer than a reader shows.
    pub fn grow() {
        let mut deep = V_DEEP.lock().unwrap();
        for x in 0..200 {
            *deep = Some(Box::new(Point { x, y: deep.take() }));
        }
        *V_LONG.lock().unwrap() = vec![Sign::Plus; 3000];
        *V_MANY.lock().unwrap() = (0..3000).map(|key| (key, key)).collect();
        *V_TABLE.lock().unwrap() = Some((0..3000).collect());
    }

    pub fn while_locked(f: impl FnOnce()) {
        let (_held, _inside) = (V_LOCKED.lock().unwrap(), V_LOCKED_INSIDE.held.lock().unwrap());
        f();
    }

    /// The variables and what `Debug` writes of what they hold.
    pub fn expected() -> Vec<(&'static str, String)> {
        fn all(value: &impl Debug) -> String {
            format!("{value:?}")
        }
        let cells = V_CELLS.lock().unwrap();
        let cells = cells.as_ref().unwrap();
        let OneThread { cell, count, counted, .. } = &**cells;
        let cells = format!(
            "Some(OneThread {{ cell: {}, count: {:?}, once: None, counted: {}, next: None }})",
            cell.get(),
            count.borrow(),
            counted.get()
        );
        vec![
            ("counters", all(&V_COUNTERS)),
            ("points", all(&*V_POINTS.lock().unwrap())),
            ("wide_points", all(&*V_WIDE_POINTS.read().unwrap())),
            ("shape_list", all(&*V_SHAPE_LIST.lock().unwrap())),
            ("options", all(&*V_OPTIONS.lock().unwrap())),
            ("results", all(&*V_RESULTS.lock().unwrap())),
            ("tuple", all(&V_TUPLE)),
            ("signs", all(&V_SIGNS)),
            ("grid", all(&V_GRID)),
            ("tagged", all(&*V_TAGGED.lock().unwrap())),
            ("wide_tags", all(&*V_WIDE_TAGS.lock().unwrap())),
            ("units", all(&V_UNITS).replace("PhantomData<u16>", "PhantomData")),
            ("no_size", all(&*V_NO_SIZE.lock().unwrap())),
            ("table_of_lists", all(&*V_TABLE_OF_LISTS.read().unwrap())),
            ("numbers", all(&*V_NUMBERS.lock().unwrap())),
            ("tree", all(&*V_TREE.lock().unwrap())),
            ("no_tree", all(&*V_NO_TREE.lock().unwrap())),
            ("set", all(&*V_SET.lock().unwrap())),
            ("heap", all(&*V_HEAP.lock().unwrap())),
            ("shared_text", all(V_SHARED_TEXT.get().unwrap())),
            ("shared_list", all(V_SHARED_LIST.get().unwrap())),
            ("shared_point", all(V_SHARED_POINT.get().unwrap())),
            ("boxed_list", all(V_BOXED_LIST.get().unwrap())),
            ("boxed_text", all(&*V_BOXED_TEXT.lock().unwrap())),
            ("slice", all(&V_SLICE)),
            ("reference", all(&V_REFERENCE)),
            ("no_reference", all(&V_NO_REFERENCE)),
            ("texts", format!("({:?}, {:?})", V_TEXTS.0, V_TEXTS.1.lock().unwrap())),
            ("cows", all(&*V_COWS.lock().unwrap())),
            ("addresses", all(&*V_ADDRESSES.lock().unwrap())),
            ("not_null", all(&V_NOT_NULL)),
            ("kept", all(&*V_KEPT.lock().unwrap())),
            ("of_all", all(&*OF_ALL.lock().unwrap())),
            ("cells", cells),
        ]
    }
}
