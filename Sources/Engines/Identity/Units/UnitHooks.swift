import Storage
import Synchronization

/// What others do when nodes of a tree were moved, merged, retired or taken into use again, in the same transaction; registered while features are prepared.
package final class UnitHooks: Sendable {
    package typealias Hook = @Sendable (_ by: Principal, _ transaction: any Transaction) throws -> Void

    init() {}

    private let list = Mutex<[(tree: UnitTree, hook: Hook)]>([])

    package func add(_ tree: UnitTree, _ hook: @escaping Hook) { list.withLock { $0.append((tree, hook)) } }

    func run(_ tree: UnitTree, by principal: Principal, in tx: any Transaction) throws {
        for (_, hook) in list.withLock({ $0.filter { $0.tree == tree } }) { try hook(principal, tx) }
    }
}
