import Hummingbird
import Kernel

/// `/styleguide`: every component with data, for those who build pages and those who judge them.
struct StyleGuide: Sendable {
    func add(to routes: Routes) {}
}
