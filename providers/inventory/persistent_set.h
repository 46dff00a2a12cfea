// An ordered set that is never changed: Insert and Erase return another set that shares all but O(log n) nodes with the
// first. An AVL tree with copied paths.
//
// A set is a value: copying it costs one reference. Any number of threads may read one set at once; a node lives as
// long as a set that holds it.
#ifndef CIMVISOR_PROVIDERS_INVENTORY_PERSISTENT_SET_H_
#define CIMVISOR_PROVIDERS_INVENTORY_PERSISTENT_SET_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace cimvisor::inventory {

// `Less` is a stateless strict weak order on T. Find and the walks also take any key K for which Less compares (T, K)
// and (K, T) in an order that agrees with that of T (a prefix of it may be coarser: many elements may match one key).
template <typename T, typename Less>
class PersistentSet {
 public:
  PersistentSet() = default;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // The length of the longest path: at most 1.45 log2(n + 2).
  int height() const { return Height(root_); }

  // The first element that matches `key`; null when there is none. Valid as long as this set or a copy of it.
  template <typename K>
  const T* Find(const K& key) const {
    const T* found = nullptr;
    for (const Node* node = root_.get(); node != nullptr;) {
      if (Less()(node->value, key)) {
        node = node->right.get();
      } else {
        if (!Less()(key, node->value)) found = &node->value;
        node = node->left.get();
      }
    }
    return found;
  }

  // Calls `visit` for each element, in order, until it returns false.
  template <typename Visit>
  void ForEach(Visit visit) const {
    Walk(root_.get(), visit);
  }

  // The same, from the first element that is not less than `key`.
  template <typename K, typename Visit>
  void ForEachFrom(const K& key, Visit visit) const {
    WalkFrom(root_.get(), key, visit);
  }

  // The set with `value`, which takes the place of an equal element.
  PersistentSet Insert(T value) const {
    bool added = false;
    NodePointer root = InsertAt(root_, std::move(value), added);
    return PersistentSet(std::move(root), size_ + (added ? 1 : 0));
  }

  // The set without the element that equals `value`; the same set when there is none.
  PersistentSet Erase(const T& value) const {
    if (Find(value) == nullptr) return *this;
    return PersistentSet(EraseAt(root_, value), size_ - 1);
  }

 private:
  struct Node;
  using NodePointer = std::shared_ptr<const Node>;
  struct Node {
    Node(NodePointer l, T v, NodePointer r)
        : value(std::move(v)),
          left(std::move(l)),
          right(std::move(r)),
          height(std::max(Height(left), Height(right)) + 1) {}
    T value;
    NodePointer left;
    NodePointer right;
    int height;
  };

  PersistentSet(NodePointer root, size_t size) : root_(std::move(root)), size_(size) {}

  static int Height(const NodePointer& node) { return node == nullptr ? 0 : node->height; }

  static NodePointer Make(NodePointer left, T value, NodePointer right) {
    return std::make_shared<const Node>(std::move(left), std::move(value), std::move(right));
  }

  // A node of two subtrees whose heights differ by at most two.
  static NodePointer Balance(NodePointer left, T value, NodePointer right) {
    if (Height(left) > Height(right) + 1) {
      if (Height(left->left) >= Height(left->right)) {
        return Make(left->left, left->value, Make(left->right, std::move(value), std::move(right)));
      }
      const NodePointer& middle = left->right;
      return Make(Make(left->left, left->value, middle->left), middle->value,
                  Make(middle->right, std::move(value), std::move(right)));
    }
    if (Height(right) > Height(left) + 1) {
      if (Height(right->right) >= Height(right->left)) {
        return Make(Make(std::move(left), std::move(value), right->left), right->value, right->right);
      }
      const NodePointer& middle = right->left;
      return Make(Make(std::move(left), std::move(value), middle->left), middle->value,
                  Make(middle->right, right->value, right->right));
    }
    return Make(std::move(left), std::move(value), std::move(right));
  }

  static NodePointer InsertAt(const NodePointer& node, T value, bool& added) {
    if (node == nullptr) {
      added = true;
      return Make(nullptr, std::move(value), nullptr);
    }
    if (Less()(value, node->value)) {
      return Balance(InsertAt(node->left, std::move(value), added), node->value, node->right);
    }
    if (Less()(node->value, value)) {
      return Balance(node->left, node->value, InsertAt(node->right, std::move(value), added));
    }
    return Make(node->left, std::move(value), node->right);
  }

  static NodePointer EraseAt(const NodePointer& node, const T& value) {
    if (Less()(value, node->value)) return Balance(EraseAt(node->left, value), node->value, node->right);
    if (Less()(node->value, value)) return Balance(node->left, node->value, EraseAt(node->right, value));
    if (node->left == nullptr) return node->right;
    if (node->right == nullptr) return node->left;
    const Node* next = node->right.get();
    while (next->left != nullptr) next = next->left.get();
    return Balance(node->left, next->value, EraseAt(node->right, next->value));
  }

  template <typename Visit>
  static bool Walk(const Node* node, Visit& visit) {
    if (node == nullptr) return true;
    return Walk(node->left.get(), visit) && visit(node->value) && Walk(node->right.get(), visit);
  }

  template <typename K, typename Visit>
  static bool WalkFrom(const Node* node, const K& key, Visit& visit) {
    if (node == nullptr) return true;
    if (Less()(node->value, key)) return WalkFrom(node->right.get(), key, visit);
    return WalkFrom(node->left.get(), key, visit) && visit(node->value) && Walk(node->right.get(), visit);
  }

  NodePointer root_;
  size_t size_ = 0;
};

}  // namespace cimvisor::inventory

#endif  // CIMVISOR_PROVIDERS_INVENTORY_PERSISTENT_SET_H_
