// A list whose elements are shared between its copies: a class and its subclasses hold the same inherited properties.
#ifndef CIMVISOR_SERVICE_CIM_SHARED_LIST_H_
#define CIMVISOR_SERVICE_CIM_SHARED_LIST_H_

#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace cimvisor::cim {

// Reads like a const std::vector<T>. A copy costs a pointer for each element; an element is immutable once it is in,
// and lives as long as any list that has it. Safe to share for reading.
template <typename T>
class SharedList {
 public:
  class const_iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = const T*;
    using reference = const T&;

    const_iterator() = default;
    explicit const_iterator(const std::shared_ptr<const T>* place) : place_(place) {}
    const T& operator*() const { return **place_; }
    const T* operator->() const { return place_->get(); }
    const_iterator& operator++() {
      ++place_;
      return *this;
    }
    const_iterator operator++(int) { return const_iterator(place_++); }
    friend bool operator==(const_iterator a, const_iterator b) { return a.place_ == b.place_; }
    friend bool operator!=(const_iterator a, const_iterator b) { return a.place_ != b.place_; }

   private:
    const std::shared_ptr<const T>* place_ = nullptr;
  };

  size_t size() const { return elements_.size(); }
  bool empty() const { return elements_.empty(); }
  const T& operator[](size_t index) const { return *elements_[index]; }
  const_iterator begin() const { return const_iterator(elements_.data()); }
  const_iterator end() const { return const_iterator(elements_.data() + elements_.size()); }

  void Add(T element) { elements_.push_back(std::make_shared<const T>(std::move(element))); }
  // In this list alone; copies keep the element that was.
  void Replace(size_t index, T element) { elements_[index] = std::make_shared<const T>(std::move(element)); }
  void Shrink() { elements_.shrink_to_fit(); }

 private:
  std::vector<std::shared_ptr<const T>> elements_;
};

}  // namespace cimvisor::cim

#endif  // CIMVISOR_SERVICE_CIM_SHARED_LIST_H_
