// The field `priority` (RFC 9218): what it says, what it says in vain, and what was meant for
// somebody else.

#include "protocols/http2/priority.h"

#include <gtest/gtest.h>

namespace saker::http2 {
namespace {

void expect_all(std::initializer_list<std::pair<std::string_view, priority>> rows) {
    for (const auto& [field, expected] : rows) {
        const priority found = parse_priority(field);
        EXPECT_EQ(int{found.urgency}, int{expected.urgency}) << field;
        EXPECT_EQ(found.incremental, expected.incremental) << field;
    }
}

TEST(http2_priority_field, says_urgency_and_incremental_in_any_order) {
    expect_all({{"u=0", {0, false}},
                {"u=7", {7, false}},
                {"i", {3, true}},
                {"u=1, i", {1, true}},
                {"i, u=1", {1, true}},
                {"i=?1,u=2", {2, true}},
                {"u=5,i=?0", {5, false}},
                {"  u=1 ,\ti ", {1, true}}});
}

TEST(http2_priority_field, has_defaults_where_it_says_nothing) {
    expect_all({{"", {}}, {"   ", {}}, {",", {}}, {", ,", {}}, {"a=b", {}}, {"u2", {}}});
}

TEST(http2_priority_field, counts_its_last_word) {
    expect_all({{"u=1, u=6", {6, false}}, {"i, i=?0", {3, false}}, {"u=1, u=9", {3, false}}});
}

TEST(http2_priority_field, means_nothing_by_values_of_another_type_or_out_of_range) {
    expect_all({{"u=8", {}},
                {"u=-1", {}},
                {"u=10", {}},
                {"u=1.0", {}},
                {"u=?1", {}},
                {"u=\"1\"", {}},
                {"u", {}},
                {"u=", {}},
                {"u=a", {}},
                {"i=1", {}},
                {"i=a", {}},
                {"i=", {}},
                {"i=\"?1\"", {}},
                {"U=1", {}},
                {"I", {}}});
}

TEST(http2_priority_field, may_have_parameters_and_members_of_others) {
    expect_all({{"u=1;x=2", {1, false}},
                {"i;x", {3, true}},
                {"i=?1;x", {3, true}},
                {"u=2;x=\"a,u=7\", i", {2, true}},
                {"x=(u=1 i), u=2", {2, false}},
                {"x=\"u=1, i\", u=2", {2, false}},
                {"x=\"\\\", u=1\", u=2", {2, false}},
                {"x=:dT0x:, u=2", {2, false}}});
}

TEST(http2_priority_field, may_be_cut_anywhere) {
    const std::string_view whole = "u=1;x=\"a\\\",\", i=?1, z=(1 2);q";
    for (size_t size = 0; size <= whole.size(); ++size) {
        const priority found = parse_priority(whole.substr(0, size));
        EXPECT_LE(found.urgency, 7);
    }
}

}  // namespace
}  // namespace saker::http2
