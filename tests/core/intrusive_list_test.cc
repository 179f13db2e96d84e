// Lists through their elements: order, leaving from anywhere, and leaving while the list is walked.

#include "core/base/intrusive_list.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace saker {
namespace {

struct element : list_link {
    explicit element(char named) noexcept : name(named) {}
    char name;
};

std::string names(intrusive_list<element>& of) {
    std::string all;
    of.for_each([&](element& one) { all += one.name; });
    return all;
}

TEST(intrusive_list, keeps_the_order_of_joining) {
    element a{'a'}, b{'b'}, c{'c'};
    intrusive_list<element> list;
    EXPECT_TRUE(list.empty());
    for (element* one : {&b, &a, &c}) list.push_back(*one);
    EXPECT_EQ(names(list), "bac");
    EXPECT_EQ(names(list), "bac") << "walking it changes nothing";
    EXPECT_EQ(&list.front(), &b);
    for (element* one : {&a, &b, &c}) one->unlink();
    EXPECT_TRUE(list.empty());
}

TEST(intrusive_list, an_element_leaves_from_wherever_it_is_and_may_join_again) {
    element a{'a'}, b{'b'}, c{'c'};
    intrusive_list<element> list;
    for (element* one : {&a, &b, &c}) list.push_back(*one);
    b.unlink();
    EXPECT_FALSE(b.linked());
    b.unlink();
    EXPECT_EQ(names(list), "ac");
    list.push_back(b);
    EXPECT_EQ(names(list), "acb");
    for (element* one : {&a, &b, &c}) one->unlink();
}

TEST(intrusive_list, an_element_leaves_when_it_dies) {
    intrusive_list<element> list;
    {
        element a{'a'};
        list.push_back(a);
        EXPECT_TRUE(a.linked());
    }
    EXPECT_TRUE(list.empty());
}

TEST(intrusive_list, the_one_that_is_visited_may_die) {
    intrusive_list<element> list;
    for (char name = 'a'; name <= 'e'; ++name) list.push_back(*new element(name));
    std::string visited;
    list.for_each([&](element& one) {
        visited += one.name;
        if (one.name != 'c') delete &one;
    });
    EXPECT_EQ(visited, "abcde");
    EXPECT_EQ(names(list), "c");
    delete &list.front();
}

TEST(intrusive_list, those_behind_the_visited_one_may_die_unvisited) {
    intrusive_list<element> list;
    std::vector<std::unique_ptr<element>> all;
    for (char name = 'a'; name <= 'f'; ++name) {
        all.push_back(std::make_unique<element>(name));
        list.push_back(*all.back());
    }
    std::string visited;
    list.for_each([&](element& one) {
        visited += one.name;
        if (one.name == 'b') {
            all[0].reset();
            all[2].reset();
            all[5].reset();
        }
    });
    EXPECT_EQ(visited, "abde");
    EXPECT_EQ(names(list), "bde");
    all.clear();
    EXPECT_TRUE(list.empty());
}

TEST(intrusive_list, one_that_joins_while_it_is_walked_waits_for_the_next_walk) {
    element a{'a'}, b{'b'};
    intrusive_list<element> list;
    list.push_back(a);
    std::string visited;
    list.for_each([&](element& one) {
        visited += one.name;
        list.push_back(b);
    });
    EXPECT_EQ(visited, "a");
    EXPECT_EQ(names(list), "ab");
    a.unlink();
    b.unlink();
}

}  // namespace
}  // namespace saker
