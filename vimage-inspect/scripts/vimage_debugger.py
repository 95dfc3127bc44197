"""Instances of programs that use vimage, in gdb and lldb; of a process or a core file.

    (gdb) source vimage_debugger.py
    (gdb) info vimage
    (gdb) print $vimage("red", "V_FOO")
    (gdb) print $vimage("Net#3", "net.foo.mode")

    (lldb) command script import vimage_debugger.py
    (lldb) vimage
    (lldb) vimage red V_FOO

An instance is a name, an id, or `CLASS#ID`; a variable is a name in the source with its `V_`, a symbol or a sysctl. The
format of the records is described in docs/src/export.md.
"""

import struct

FREE = (1 << 64) - 1
# More than any program has; the memory may be damaged.
MOST = 1 << 20
TEXT = 1 << 16


class Damaged(Exception):
    """What was read cannot be right."""


class Program:
    """The records of a program, read by a function from an address and a length to bytes."""

    def __init__(self, read, note):
        self.read = read
        root = note + 24
        magic, major, _, _, _, pointer, itself, _, tables = self.unpack(root, "8sHHIIIQQQ")
        if magic != b"\x7fVIMAGE\n" or major != 1 or pointer != 8:
            raise Damaged("the root record is of another format")
        if tables == 0 or itself != root:
            raise Damaged("the program has not booted")
        self.tables = tables
        self.layout = self.unpack(tables + 152, "8IQ8s")
        self.classes = [
            (self.text(record), self.unpack(record + 32, "Q")[0]) for record in self.records(8)
        ]
        self.modules = [
            (self.unpack(record, "I")[0], self.text(record + 8)) for record in self.records(32)
        ]

    def unpack(self, address, form):
        form = "=" + form
        return struct.unpack(form, self.read(address, struct.calcsize(form)))

    def text(self, record):
        address, length = self.unpack(record, "QQ")
        if length > TEXT:
            raise Damaged("a text of %d bytes" % length)
        return self.read(address, length).decode("utf-8", "replace") if length else ""

    def records(self, at):
        address, count, stride = self.unpack(self.tables + at, "QQQ")
        if count > MOST:
            raise Damaged("a table of %d records" % count)
        return [address + index * stride for index in range(count)]

    def instances(self):
        """Class, id, name, state, handles and address of each instance."""
        slot, slot_id, block, _, handles, phase, own_id, name, mask, states = self.layout
        names = [self.text(record) for record in self.records(128)]
        for number, (class_name, chunk) in enumerate(self.classes):
            seen = set()
            found = []
            while chunk and chunk not in seen:
                seen.add(chunk)
                start, count, chunk = self.unpack(chunk, "QQQ")
                if count > MOST or len(seen) > MOST:
                    raise Damaged("a chunk of %d slots" % count)
                for address in range(start, start + count * slot, slot):
                    identity = self.unpack(address + slot_id, "Q")[0]
                    header = self.unpack(address + block, "Q")[0]
                    if identity == FREE or header == 0:
                        continue
                    if self.unpack(header + own_id, "Q")[0] != identity:
                        raise Damaged("the memory of instance %d is that of another one" % identity)
                    state = states[self.read(address + phase, 1)[0] & 7]
                    count_of = self.unpack(address + handles, "Q")[0] & mask
                    given = self.text(header + name) if self.unpack(header + name, "Q")[0] else None
                    found.append((number, class_name, identity, given, names[state], count_of, header))
            for row in sorted(found, key=lambda row: row[2]):
                yield row

    def variables(self):
        """Names, type, size, flags, place and class of each symbol and sysctl."""
        for at, is_sysctl in ((56, False), (80, True)):
            for record in self.records(at):
                module, flags = self.unpack(record + 16, "II")
                size, = self.unpack(record + 48, "Q")
                place, = self.unpack(record + 72, "Q")
                name = self.text(record)
                names = {name, self.text(record + 80) if is_sysctl else name.upper()}
                yield names, self.text(record + 56), size, flags, place, self.modules[module][0]

    def find(self, instance, variable):
        """The address, type and size of a variable in an instance."""
        wanted = variable[2:] if variable.startswith("V_") else variable
        named = [found for found in self.variables() if wanted in found[0]]
        if not named:
            raise Damaged("no symbol or sysctl is called %s" % variable)
        for number, class_name, identity, name, _, _, header in self.instances():
            if instance not in (name, str(identity), "%s#%d" % (class_name, identity)):
                continue
            for _, type_name, size, flags, place, of_class in named:
                if of_class != number:
                    continue
                if flags & 4:
                    place += header
                if flags & 8:
                    place = self.unpack(place, "Q")[0]
                return place, type_name, size
        raise Damaged("no instance %s has %s" % (instance, variable))

    def table(self):
        """A line for each instance."""
        yield "%-12s %6s  %-20s %-14s %7s  %s" % ("CLASS", "ID", "NAME", "STATE", "HANDLES", "ADDRESS")
        for _, class_name, identity, name, state, handles, header in self.instances():
            yield "%-12s %6d  %-20s %-14s %7d  %#x" % (class_name, identity, name or "", state, handles, header)


def programs(read, notes):
    """The program of each note that leads to tables; an error if there is none."""
    found, error = [], Damaged("no vimage in this program: it has no section .note.vimage")
    for note in notes:
        try:
            found.append(Program(read, note))
        except Damaged as damaged:
            error = damaged
    if not found:
        raise error
    return found


def first(found, instance, variable):
    """What the first program that has the variable says."""
    for index, program in enumerate(found):
        try:
            return program.find(instance, variable)
        except Damaged:
            if index + 1 == len(found):
                raise


def in_gdb(gdb):
    def read(address, length):
        try:
            return gdb.selected_inferior().read_memory(address, length).tobytes()
        except gdb.MemoryError as error:
            raise Damaged(str(error))

    def notes():
        # Addresses at run time: `0x… - 0x… is .note.vimage in /lib/…`.
        for line in gdb.execute("info files", to_string=True).splitlines():
            words = line.split()
            if len(words) >= 5 and words[3] == "is" and words[4] == ".note.vimage":
                yield int(words[0], 16)

    class InfoVimage(gdb.Command):
        """List the instances of the program."""

        def __init__(self):
            super().__init__("info vimage", gdb.COMMAND_STATUS)

        def invoke(self, _argument, _is_tty):
            try:
                for program in programs(read, notes()):
                    for line in program.table():
                        print(line)
            except Damaged as damaged:
                raise gdb.GdbError(str(damaged))

    class VimageFunction(gdb.Function):
        """$vimage("INSTANCE", "VARIABLE"): a variable in an instance."""

        def __init__(self):
            super().__init__("vimage")

        def invoke(self, instance, variable):
            try:
                found = programs(read, notes())
                address, type_name, size = first(found, instance.string(), variable.string())
            except Damaged as damaged:
                raise gdb.GdbError(str(damaged))
            try:
                of_type = gdb.lookup_type(type_name)
            except gdb.error:
                of_type = None
            if of_type is None or of_type.sizeof != size:
                # Without debug information: a number, or bytes.
                arch = gdb.selected_inferior().architecture()
                if size in (1, 2, 4, 8):
                    of_type = arch.integer_type(8 * size, False)
                else:
                    of_type = arch.integer_type(8, False).array(size - 1)
            return gdb.Value(address).cast(of_type.pointer()).dereference()

    InfoVimage()
    VimageFunction()


def __lldb_init_module(debugger, _session):
    debugger.HandleCommand("command script add -f vimage_debugger.in_lldb vimage")


def in_lldb(debugger, command, result, _session):
    """vimage: lists the instances. vimage INSTANCE VARIABLE: prints a variable."""
    import lldb
    import shlex

    target = debugger.GetSelectedTarget()
    process = target.GetProcess()

    def read(address, length):
        error = lldb.SBError()
        memory = process.ReadMemory(address, length, error)
        if not error.Success():
            raise Damaged(str(error))
        return memory

    def notes():
        for module in target.module_iter():
            for section in module.section_iter():
                parts = [section] + [section.GetSubSectionAtIndex(i) for i in range(section.GetNumSubSections())]
                for part in parts:
                    if part.GetName() == ".note.vimage":
                        yield part.GetLoadAddress(target)

    try:
        found = programs(read, notes())
        words = shlex.split(command)
        if len(words) == 2:
            address, type_name, size = first(found, words[0], words[1])
            of_type = target.FindFirstType(type_name)
            if of_type.IsValid() and of_type.GetByteSize() == size:
                value = target.CreateValueFromAddress(words[1], lldb.SBAddress(address, target), of_type)
                result.AppendMessage(str(value))
            else:
                result.AppendMessage("%s = %s" % (words[1], read(address, size).hex(" ")))
        else:
            for program in found:
                for line in program.table():
                    result.AppendMessage(line)
    except Damaged as damaged:
        result.SetError(str(damaged))


try:
    import gdb as _gdb

    in_gdb(_gdb)
except ImportError:
    pass
