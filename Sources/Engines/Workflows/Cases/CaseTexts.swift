import Identity
import Kernel
import Storage

/// What a search index keeps of a case; none of it changes after the case was started.
package struct CaseTexts: Sendable, Equatable {
    package var id: Int64
    package var org: Int64?
    package var area: String?
    package var texts: [String]
}

extension WorkflowEngine {
    /// Behind an id, by id; without scope, for the index.
    package func texts(after id: Int64, limit: Int, in reader: any Reader) throws -> [CaseTexts] {
        try reader.rows("SELECT id, org, area, number, title, org_name, starter_name FROM workflow_cases WHERE id > \(id) ORDER BY id LIMIT \(limit)").map { row in
            CaseTexts(
                id: row.int("id") ?? 0, org: row.int("org"), area: row.text("area"), texts: ["number", "title", "org_name", "starter_name"].compactMap { row.text($0) })
        }
    }

    /// Those among the ids that somebody may see (`visible`), newest first.
    package func visible(_ ids: [Int64], by principal: Principal, in reader: any Reader) throws -> [WorkflowCase] {
        try reader.rows("SELECT \(WorkflowCase.columns) FROM workflow_cases c WHERE c.id IN (\(list: ids)) AND (\(sight(of: principal))) ORDER BY c.id DESC").map(WorkflowCase.init)
    }
}
