import Identity
import Kernel
import Ledgers
import Storage
import Workflows

/// A row of a ledger and the case that runs beside it: the case starts with the row and writes the row's state.
enum RoadCases {
    /// Starts the case of a new row; whoever may write the ledger may start it. The row takes the case's number.
    static func begin(
        _ workflow: WorkflowDeclaration, _ record: Record, in ledger: LedgerDeclaration, title: String?, values: [String: JSONValue], by principal: Principal,
        on workflows: WorkflowEngine, in tx: any Transaction
    ) throws {
        let draft = CaseDraft(workflow.name, values: values, title: title, org: record.org, subject: WorkflowSubject(ledger.name, record.id))
        let item = try workflows.start(draft, by: principal, isAdmitted: true, in: tx)
        // Not a change of the row: whoever made it goes on with the version they were answered.
        try tx.execute("UPDATE \(ident: ledger.tableName) SET number = \(item.number) WHERE id = \(record.id)")
    }

    /// What was sent in stays as it was sent: its people go on with the case, and only the office corrects the row.
    static func settle(_ ledger: LedgerDeclaration, _ ledgers: LedgerEngine) {
        ledgers.onPrepare(of: ledger.name) { _, before, principal, _ in
            guard before != nil, principal.kind == .user, !principal.roles.contains(RoadRoles.office) else { return }
            throw Failure(.conflict, "JW-B320", "\(ledger.title)已上报，内容不能再改；确有错误的，请路长办更正或在复核环节退回")
        }
    }

    /// A row that is deleted ends its case.
    static func endWithRow(_ ledger: LedgerDeclaration, _ ledgers: LedgerEngine, _ workflows: WorkflowEngine) {
        ledgers.onChange(of: ledger.name) { change, tx in
            guard change.kind == .deleted, let id = change.record?.id else { return }
            for item in try workflows.cases(about: WorkflowSubject(ledger.name, id), in: tx) where item.state == .running {
                try workflows.cancel(item.id, reason: "记录已删除：\(change.reason ?? "")", by: .system(change.by.name), in: tx)
            }
        }
    }

    /// The row that a case is about.
    static func record(of item: WorkflowCase, _ ledgers: LedgerEngine, _ tx: any Transaction) throws -> Record? {
        guard let subject = item.subject else { return nil }
        return try ledgers.find(subject.kind, id: subject.id, by: .system(), in: tx)
    }

    /// The case may act where the person may not write the ledger.
    static func write(_ values: [String: JSONValue], to item: WorkflowCase, _ ledgers: LedgerEngine, by principal: Principal, in tx: any Transaction) throws {
        // A row that was deleted ends its case and stays as it is.
        guard let subject = item.subject, try record(of: item, ledgers, tx) != nil else { return }
        _ = try ledgers.update(subject.kind, id: subject.id, Draft(values), by: .system(principal.name), in: tx)
    }
}
