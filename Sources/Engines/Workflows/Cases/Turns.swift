import Identity
import Kernel
import Storage

extension WorkflowEngine {
    /// 轮流分派: of those who may act the one whose last turn is longest ago; who never had one comes first.
    func next(_ people: [Candidate], of workflow: String, _ step: String, in tx: any Transaction) throws -> [Candidate] {
        guard !people.isEmpty else { return [] }
        let turns = try tx.rows("SELECT user_id, turn FROM workflow_turns WHERE workflow = \(workflow) AND step = \(step)").reduce(into: [Int64: Int64]()) {
            $0[$1.int("user_id") ?? 0] = $1.int("turn") ?? 0
        }
        let chosen = people.min { a, b in
            let (left, right) = (a.userId ?? 0, b.userId ?? 0)
            return (turns[left] ?? 0, left) < (turns[right] ?? 0, right)
        }
        guard let chosen, let user = chosen.userId else { return people }
        try tx.execute(
            """
            INSERT INTO workflow_turns (workflow, step, user_id, turn) VALUES (\(workflow), \(step), \(user), \((turns.values.max() ?? 0) + 1))
            ON CONFLICT (workflow, step, user_id) DO UPDATE SET turn = excluded.turn
            """)
        return [chosen]
    }
}
