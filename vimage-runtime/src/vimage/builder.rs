//! How a vimage is made: class by class, or not at all.

use std::any::Any;
use std::panic::Location;

use super::handle::{Member, Shared, Vimage, base_of};
use crate::core::{Handle, HasInstances, InstanceOf, context};
use crate::instance::{CreateError, Tunables, create};
use crate::registry::{Arguments, Class, ClassEntry, classes};
use crate::sysctl::{self, Value};
use crate::{boot, current};

impl Vimage {
    /// Makes a vimage with a new instance of every class that the program has modules of; short for
    /// [`builder`](Self::builder)`().create()`.
    ///
    /// ```
    /// use vimage::prelude::*;
    ///
    /// #[vimage::module]
    /// mod counter {
    ///     use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    ///     use vimage::prelude::*;
    ///
    ///     #[virtualized]
    ///     static COUNT: AtomicU32 = AtomicU32::new(0);
    ///
    ///     pub fn next() -> u32 {
    ///         V_COUNT.fetch_add(1, Relaxed) + 1
    ///     }
    /// }
    ///
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vimage::new()?;
    /// let blue = Vimage::new()?;
    /// assert_eq!(red.enter(counter::next), 1);
    /// assert_eq!(red.enter(counter::next), 2);
    /// assert_eq!(blue.enter(counter::next), 1);
    /// # }
    /// # Ok::<(), vimage::CreateError>(())
    /// ```
    ///
    /// It costs what its instances cost, and one more allocation.
    ///
    /// # Errors
    ///
    /// As [`VimageBuilder::create`].
    #[track_caller]
    pub fn new() -> Result<Self, CreateError> {
        Self::builder().create()
    }

    /// Starts to make a vimage with a new instance of every class that the program has modules of. Other classes have nothing
    /// to keep apart, and are shared.
    ///
    /// With [`starting_from`](VimageBuilder::starting_from) or [`fresh`](VimageBuilder::fresh) only the classes that are
    /// named fresh get a new instance, and the others are shared.
    ///
    /// In builds without instances only a vimage that shares everything can be made, which is the base vimage; with anything
    /// fresh, [`create`](VimageBuilder::create) fails with [`NotVirtualized`](crate::CreateError::NotVirtualized).
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vimage::builder().name("red").create()?;
    /// assert!(!format!("{red:?}").is_empty());
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn builder() -> VimageBuilder {
        VimageBuilder::default()
    }
}

/// Makes a vimage; from [`Vimage::builder`].
///
/// ```
/// # use vimage::prelude::*;
/// # #[cfg(feature = "vimage")] {
/// let red = Vimage::builder().fresh::<Net>().name("red").create()?;
/// assert_eq!(red.instance::<Net>().name(), Some("red"));
/// assert!(red.instance::<Cpu>().is_base()); // not fresh: shared
/// # }
/// # Ok::<(), vimage::CreateError>(())
/// ```
#[must_use = "nothing is made before `create`"]
#[derive(Debug, Default)]
pub struct VimageBuilder {
    from: Option<Vimage>,
    all_fresh: bool,
    /// What was said of single classes, the last word last.
    choices: Vec<(&'static ClassEntry, Choice)>,
    name: Option<Box<str>>,
    arguments: Arguments,
    tunables: Tunables,
}

#[derive(Clone, Debug)]
enum Choice {
    Fresh,
    AsBefore,
    Given(Handle),
}

impl VimageBuilder {
    /// Shares the instances of this vimage, but for those that are named fresh. Without this, what is shared are the
    /// current instances, and the base one where a class has none.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vimage::builder().fresh::<Net>().fresh::<Cpu>().create()?;
    /// let pink = Vimage::builder().starting_from(&red).fresh::<Cpu>().create()?;
    /// assert_eq!(pink.instance::<Net>(), red.instance::<Net>());
    /// assert_ne!(pink.instance::<Cpu>(), red.instance::<Cpu>());
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn starting_from(mut self, vimage: &Vimage) -> Self {
        self.from = Some(vimage.clone());
        self
    }

    /// A new instance of the class `C`. Other classes are shared, unless [`fresh_all`](Self::fresh_all) says otherwise.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vimage::builder().fresh::<Net>().create()?;
    /// assert!(!red.instance::<Net>().is_base());
    /// assert!(red.instance::<Cpu>().is_base());
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fresh<C: Class>(mut self) -> Self {
        self.choices.push((C::ENTRY, Choice::Fresh));
        self
    }

    /// A new instance of every class that is not shared explicitly, also of those without modules.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vimage::builder().fresh_all().create()?;
    /// assert!(!red.instance::<Procg>().is_base()); // although this program may have no modules of it
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fresh_all(mut self) -> Self {
        self.all_fresh = true;
        self
    }

    /// The instance of `C` is shared, although other classes are fresh.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vimage::builder().fresh_all().share::<Cpu>().create()?;
    /// assert!(red.instance::<Cpu>().is_base());
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn share<C: Class>(mut self) -> Self {
        self.choices.push((C::ENTRY, Choice::AsBefore));
        self
    }

    /// This very instance, or that of another vimage.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[cfg(feature = "vimage")] {
    /// let vnet = Vnet::new()?;
    /// let red = Vimage::builder().fresh::<Cpu>().share_instance::<Net>(&vnet).create()?;
    /// assert_eq!(red.instance::<Net>(), vnet);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn share_instance<C: Class>(mut self, instance: &impl InstanceOf<C>) -> Self {
        self.choices.push((C::ENTRY, Choice::Given(instance.member().clone())));
        self
    }

    /// The name of the new instances.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vimage::builder().fresh::<Net>().name("red").create()?;
    /// assert_eq!(red.instance::<Net>().name(), Some("red"));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn name(mut self, name: impl Into<Box<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// A value for the attach hooks of the new instances, of any class; as [`InstanceBuilder::arg`](crate::InstanceBuilder::arg).
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[cfg(feature = "vimage")] {
    /// struct Port(u16);
    /// let red = Vimage::builder().arg(Port(80)).create()?; // hooks call `arguments.get::<Port>()`
    /// # }
    /// # Ok::<(), vimage::CreateError>(())
    /// ```
    pub fn arg<T: Any + Send + Sync>(mut self, value: T) -> Self {
        self.arguments.insert(value);
        self
    }

    /// Sets a sysctl of the new instance of its class, before the attach hooks run; as
    /// [`InstanceBuilder::sysctl`](crate::InstanceBuilder::sysctl).
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// # #[vimage::module]
    /// # mod cache {
    /// #     use std::sync::atomic::AtomicU32;
    /// #     use vimage::prelude::*;
    /// #     #[virtualized(sysctl("made.cache.size", rw, tunable))]
    /// #     static SIZE: AtomicU32 = AtomicU32::new(100);
    /// # }
    /// # #[cfg(feature = "vimage")] {
    /// let red = Vimage::builder().sysctl("made.cache.size", 10).create()?;
    /// assert_eq!(vimage::sysctl::of(&red).get_as::<u32>("made.cache.size")?, 10);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sysctl(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.tunables.push((name.into(), value.into()));
        self
    }

    /// Makes the new instances, in the order of their classes' names. In the attach hooks of one, those that the
    /// vimage has in other classes are current already, as far as they exist.
    ///
    /// # Errors
    ///
    /// As [`InstanceBuilder::create`](crate::InstanceBuilder::create), for the first class whose instance cannot be made; those made
    /// before it are destroyed again.
    ///
    /// ```
    /// # use vimage::prelude::*;
    /// let base = Vimage::builder().starting_from(&vimage::boot()?).create()?; // nothing is fresh: works in every build
    /// assert!(base.instance::<Net>().is_base());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn create(mut self) -> Result<Vimage, CreateError> {
        boot::ensure_over().map_err(CreateError::Boot)?;
        // Dropped as a vimage is, should one fail: the last one first, and each by itself.
        let mut made = Shared::new(Vec::new());
        let members = &mut made.members;
        // What is shared comes first, so that it is current while the rest is made.
        let (fresh, shared): (Vec<_>, Vec<_>) =
            classes().iter().map(|&class| (class, self.choice(class))).partition(|(_, choice)| choice.is_none());
        let fresh_classes: Vec<_> = fresh.iter().map(|(class, _)| *class).collect();
        sysctl::check_tunables(&self.tunables, &fresh_classes).map_err(CreateError::Sysctl)?;
        members.extend(shared.into_iter().filter_map(|(_, handle)| Some(Member { handle: handle?, fresh: false })));
        for (class, _) in fresh {
            let so_far: Vec<_> = members.iter().map(|member| member.handle.as_ptr()).collect();
            let mut created = None;
            context::enter_each(&so_far, &mut || {
                created = Some(create(class, self.name.clone(), &self.arguments, &self.tunables));
            });
            members.push(Member { handle: created.expect("it was run")?, fresh: true });
        }
        members.sort_by_key(|member| (member.handle.header().class.name, member.handle.header().class.path));
        let place = Location::caller();
        members.iter_mut().for_each(|member| member.handle.held_since(place));
        Ok(Vimage::of(made))
    }

    /// The instance to share, `None` for a new one.
    fn choice(&mut self, class: &'static ClassEntry) -> Option<Handle> {
        let said = self.choices.iter().rev().find(|(of, _)| *of == class).map(|(_, choice)| choice.clone());
        let named_fresh = |(_, choice): &(_, Choice)| matches!(choice, Choice::Fresh);
        let by_default = self.from.is_none() && !self.choices.iter().any(named_fresh);
        match said {
            Some(Choice::Given(handle)) => Some(handle),
            Some(Choice::Fresh) => None,
            None if self.all_fresh || by_default && class.laid_out().has_modules() => None,
            Some(Choice::AsBefore) | None => Some(match &self.from {
                Some(vimage) => vimage.instance_of(class).expect("a vimage has an instance of each class").clone(),
                None => current::entered_handle(class).unwrap_or_else(|| base_of(class).clone()),
            }),
        }
    }
}
