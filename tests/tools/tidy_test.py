#!/usr/bin/env python3
"""Each rule of tools/tidy.py with one small tree that breaks it, and one that does not: a rule that
never fires is no rule, and one that fires at good code is soon switched off.
"""
import os
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, f"{ROOT}/tools")
import tidy  # noqa: E402

COMMENT = "// A file of a test, which says what it is in its first comment.\n"
HEADER = "#pragma once\n" + COMMENT
ROOMS = "# A list of rooms, for the check of what is built.\n"


def found(**files):
    """The mistakes in a tree; `__` in a name is a slash, `_h` and `_cc` an ending."""
    tree = {}
    for name, text in files.items():
        for ending in ("_h", "_cc", "_py"):
            if name.endswith(ending):
                name = name[:-len(ending)] + "." + ending[1:]
        tree[name.replace("__", "/").replace("CMakeLists", "CMakeLists.txt")] = text
    with tempfile.TemporaryDirectory() as root:
        for path, text in tree.items():
            os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        return [f"{path}:{line}: {what}" for path, line, what in tidy.mistakes(root)]


class tidy_test(unittest.TestCase):
    def refused(self, part, **files):
        mistakes = found(**files)
        self.assertEqual(len(mistakes), 1, mistakes)
        self.assertIn(part, mistakes[0])

    def accepted(self, **files):
        self.assertEqual(found(**files), [])

    def test_an_upward_arrow_is_refused(self):
        self.refused("core/time -> hosting", core__time__wheel_h=HEADER + '#include "hosting/router.h"\n',
                     hosting__router_h=HEADER)

    def test_a_downward_arrow_is_accepted(self):
        self.accepted(core__time__wheel_h=HEADER + '#include "core/base/list.h"\n', core__base__list_h=HEADER)

    def test_a_protocol_sees_no_transport(self):
        self.refused("protocols/http1 -> core/io",
                     protocols__http1__a_h=HEADER + "#include <saker/transport.h>\n")

    def test_a_transport_sees_no_pipe(self):
        self.refused("transports/epoll -> core/pipe", transports__epoll__a_h=HEADER + "#include <saker/pipe.h>\n")

    def test_the_place_of_an_arrow_is_told(self):
        mistakes = found(core__base__a_h=HEADER + "\n#include <saker/server.h>\n")
        self.assertTrue(mistakes[0].startswith("core/base/a.h:4: "), mistakes)

    def test_an_include_in_a_comment_is_no_include(self):
        self.accepted(core__base__a_h=HEADER + '// #include "hosting/router.h"\n', hosting__router_h=HEADER)

    def test_a_public_header_includes_public_headers_only(self):
        self.refused("a public header", include__saker__server_h=HEADER + '#include "hosting/router.h"\n',
                     hosting__router_h=HEADER)

    def test_an_example_sees_public_headers_only(self):
        self.refused("public headers only", examples__a_cc=COMMENT + '#include "hosting/router.h"\n',
                     hosting__router_h=HEADER)

    def test_a_private_include_is_written_from_the_root(self):
        self.refused("from the repository's root", core__base__a_h=HEADER + '#include "list.h"\n')

    def test_a_third_party_has_one_door(self):
        self.refused("another door", transports__epoll__a_h=HEADER + "#include <liburing.h>\n")
        self.accepted(transports__io_uring__a_h=HEADER + "#include <liburing.h>\n")

    def test_mimalloc_is_included_by_nobody(self):
        self.refused("nobody", tools__saker__a_h=HEADER + "#include <mimalloc.h>\n")

    def test_the_engine_knows_no_system_call(self):
        self.refused("another door", core__pipe__a_h=HEADER + "#include <sys/socket.h>\n")

    def test_costly_headers_stay_out_of_headers_of_core(self):
        self.refused("use it in a .cc", core__base__a_h=HEADER + "#include <iostream>\n")
        self.accepted(core__base__a_cc=COMMENT + "#include <iostream>\n",
                      core__CMakeLists=ROOMS + "saker_room(base)\n")

    def test_a_long_file_asks_and_a_longer_one_fails(self):
        self.refused("warning: 450 lines", core__base__a_h=HEADER + "int a;\n" * 448)
        self.refused("700 lines, more than 600", core__base__a_h=HEADER + "int a;\n" * 698)

    def test_a_long_function_is_refused_where_it_begins(self):
        self.refused("a.h:4: a function of 82 lines",
                     core__base__a_h=HEADER + "namespace saker {\n"
                     "inline void grow(int& a) noexcept {\n" + "    ++a;\n" * 80 + "}\n}\n")

    def test_a_class_is_no_function(self):
        self.accepted(core__base__a_h=HEADER + "class wheel final : public base {\n"
                      + "    int a() { return 1; }\n" * 90 + "};\n")

    def test_a_constructor_with_initialisers_is_a_function(self):
        self.refused("a function of 82 lines", core__base__a_h=HEADER +
                     "struct a {\n    a(int b) : c_(b), d_(b) {\n" + "        ++c_;\n" * 80 + "    }\n};\n")

    def test_braces_in_text_do_not_count(self):
        self.accepted(core__base__a_h=HEADER + 'inline void a() { b("{"); c(\'{\'); }\n' * 90)

    def test_a_long_line_is_refused(self):
        self.refused("columns", core__base__a_h=HEADER + "// " + "x" * 98 + "\n")

    def test_tabs_and_trailing_space_are_refused(self):
        self.refused("a tab", core__base__a_h=HEADER + "\tint a;\n")
        self.refused("white space", core__base__a_h=HEADER + "int a; \n")
        self.refused("no newline", core__base__a_h=HEADER + "int a;")

    def test_names_that_say_nothing_are_refused(self):
        for name in ("get_size", "set_size", "buffer_manager", "stringUtil", "server_impl", "parse_helper"):
            self.refused("`", core__base__a_h=HEADER + f"int {name}();\n")

    def test_names_of_others_are_accepted(self):
        for use in ("std::get_if<int>(&a)", "x.get_return_object()", 'say("get_size")', "std::set_new_handler(f)"):
            self.accepted(core__base__a_h=HEADER + f"auto a = {use};\n")

    def test_types_are_snake_case(self):
        self.refused("types are snake_case", core__base__a_h=HEADER + "class Wheel;\n")
        self.accepted(core__base__a_h=HEADER + "template <class Handler>\nclass wheel;\n")

    def test_a_loop_holds_what_it_goes_over(self):
        self.refused("name the result first", core__base__a_h=HEADER + "for (auto& a : b->c()->d) e(a);\n")
        self.refused("name the result first", core__base__a_h=HEADER + "for (const std::string& a : b()->d()) e(a);\n")
        self.accepted(core__base__a_h=HEADER + "for (auto& a : b->c().d) e(a);\nfor (auto& a : b) c()->d(a);\n")

    def test_macros_begin_with_saker(self):
        self.refused("a macro", core__base__a_h=HEADER + "#define CHECK(x) (x)\n")
        self.accepted(core__base__a_h=HEADER + "#define SAKER_CHECK(x) (x)\n")

    def test_a_file_begins_with_a_comment(self):
        self.refused("no first comment", core__base__a_h="#pragma once\nint a;\n")
        self.refused("no first comment", tools__a_py="import os\n")

    def test_a_header_is_included_once(self):
        self.refused("#pragma once", core__base__a_h=COMMENT + "int a;\n")

    def test_work_left_over_names_its_issue(self):
        mark = "TO" + "DO"
        self.refused("nobody will find", core__base__a_h=HEADER + f"// {mark}: later\n")
        self.accepted(core__base__a_h=HEADER + f"// {mark}(#12): later\n")

    def test_a_folder_fits_on_a_screen(self):
        self.refused("15 things", **{f"core__base__a{i}_h": HEADER for i in range(15)})
        self.accepted(**{f"tests__core__a{i}_h": HEADER for i in range(15)})

    def test_a_source_and_its_header_are_one_thing(self):
        both = {f"core__base__a{i}_{ending}": text for i in range(14)
                for ending, text in (("h", HEADER), ("cc", "// See a.h.\n"))}
        self.accepted(core__CMakeLists=ROOMS + "saker_room(base)\n", **both)

    def test_a_source_that_nothing_builds_is_refused(self):
        self.refused("nothing builds this", core__base__a_cc=COMMENT, core__CMakeLists=ROOMS + "saker_room(time)\n")

    def test_the_version_is_one(self):
        self.refused("one of them is late", CMakeLists=ROOMS + "project(saker VERSION 0.2.0)\n",
                     include__saker__version_h=HEADER + '#define SAKER_VERSION "0.1.0"\n')


if __name__ == "__main__":
    unittest.main()
