import Identity
import Kernel
import Storage
import Synchronization

/// Definitions by name and version as this process knows them. The program's own are versions too, so that a case started before an upgrade ends by the rules it began with.
struct DefinitionBook: Sendable {
    var declared: [WorkflowDeclaration]
    /// By name; version → definition.
    var published: [String: [Int: WorkflowDeclaration]] = [:]

    func live(_ name: String) -> (definition: WorkflowDeclaration, version: Int)? {
        if let last = published[name]?.keys.max(), let definition = published[name]?[last] { return (definition, last) }
        return declared.first { $0.name == name }.map { ($0, 0) }
    }
}

/// One published version, for the list of versions.
package struct PublishedWorkflow: Sendable, Equatable {
    package var version: Int
    package var note: String
    package var at: Moment
    package var byName: String
}

extension WorkflowEngine {
    /// Live definitions in the order of declaration.
    package var definitions: [WorkflowDeclaration] {
        book.withLock { book in book.declared.compactMap { book.live($0.name)?.definition } }
    }

    /// - Throws: `.notFound`.
    package func definition(_ name: String, version: Int? = nil) throws -> WorkflowDeclaration {
        let found = book.withLock { book -> WorkflowDeclaration? in
            guard let version, version > 0 else { return book.live(name)?.definition }
            return book.published[name]?[version]
        }
        guard let found else { throw Failure.notFound("该流程") }
        return found
    }

    package func definition(of item: WorkflowCase) throws -> WorkflowDeclaration { try definition(item.workflow, version: item.definitionVersion) }

    package func liveVersion(_ name: String) -> Int { book.withLock { $0.live(name)?.version ?? 0 } }

    func keepDeclared(_ declaration: WorkflowDeclaration, in tx: any Transaction) throws {
        let last = try tx.first("SELECT version, body, by_id FROM workflow_definitions WHERE name = \(declaration.name) AND version > 0 ORDER BY version DESC LIMIT 1")
        let body = declaration.json.text
        if let last, last.int("by_id") != 0 || last.text("body") == body { return }
        let version = Int(last?.int("version") ?? 0) + 1
        let note = last == nil ? "初始版本" : "随程序更新"
        try tx.execute(
            """
            INSERT INTO workflow_definitions (name, version, body, note, at, by_id, by_name) VALUES (\(declaration.name), \(version), \(body), \(note), \(clock.now), 0, '系统')
            """)
    }

    /// Reads what was published; a transaction that publishes calls it for after its commit.
    func refreshDefinitions(in reader: any Reader) throws {
        var published: [String: [Int: WorkflowDeclaration]] = [:]
        for row in try reader.rows("SELECT name, version, body FROM workflow_definitions WHERE version > 0") {
            let definition = try WorkflowDeclaration(json: try JSONValue(parsing: row.text("body") ?? ""))
            published[row.text("name") ?? "", default: [:]][Int(row.int("version") ?? 0)] = definition
        }
        let read = published
        book.withLock { $0.published = read }
    }

    /// The draft as it stands; the live definition where there is none.
    package func draft(_ name: String, in reader: any Reader) throws -> (definition: WorkflowDeclaration, isDraft: Bool) {
        if let body = try reader.value("SELECT body FROM workflow_definitions WHERE name = \(name) AND version = 0")?.text {
            return (try WorkflowDeclaration(json: try JSONValue(parsing: body)), true)
        }
        return (try definition(name), false)
    }

    /// Keeps a draft; it may still have faults.
    package func keepDraft(_ definition: WorkflowDeclaration, by principal: Principal, in tx: any Transaction) throws {
        try principal.require(WorkflowPermission.design, "流程设计")
        _ = try self.definition(definition.name)
        try tx.execute(
            """
            INSERT INTO workflow_definitions (name, version, body, note, at, by_id, by_name) VALUES (\(definition.name), 0, \(definition.json.text), '', \(clock.now), \(principal.id), \(principal.name))
            ON CONFLICT (name, version) DO UPDATE SET body = excluded.body, at = excluded.at, by_id = excluded.by_id, by_name = excluded.by_name
            """)
    }

    package func dropDraft(_ name: String, by principal: Principal, in tx: any Transaction) throws {
        try principal.require(WorkflowPermission.design, "流程设计")
        try tx.execute("DELETE FROM workflow_definitions WHERE name = \(name) AND version = 0")
    }

    /// Makes the draft live: new cases follow it, running ones stay on theirs.
    ///
    /// - Throws: `.conflict` `JW-WF30` without a draft, `.invalid` `JW-WF31` naming every fault.
    @discardableResult
    package func publish(_ name: String, note: String, by principal: Principal, in tx: any Transaction) throws -> Int {
        try principal.require(WorkflowPermission.design, "流程设计")
        let (definition, isDraft) = try draft(name, in: tx)
        guard isDraft else { throw Failure(.conflict, "JW-WF30", "没有待发布的修改") }
        let faults = definition.faults(knownEffects: effectNames)
        guard faults.isEmpty else {
            throw Failure(.invalid, "JW-WF31", "还不能发布：" + faults.joined(separator: "；"), fields: faults.map { FieldFinding("definition", "fault", $0, title: "流程") })
        }
        let version = Int(try tx.value("SELECT MAX(version) FROM workflow_definitions WHERE name = \(name)")?.int ?? 0) + 1
        try tx.execute(
            """
            INSERT INTO workflow_definitions (name, version, body, note, at, by_id, by_name)
            VALUES (\(name), \(version), \(definition.json.text), \(note), \(clock.now), \(principal.id), \(principal.name))
            """)
        try tx.execute("DELETE FROM workflow_definitions WHERE name = \(name) AND version = 0")
        try hooks.audit(AuditEntry("update", "workflow", name, "发布流程“\(definition.title)”第 \(version) 版", details: ["note": .string(note)]), principal, tx)
        tx.afterCommit { [self] in book.withLock { $0.published[name, default: [:]][version] = definition } }
        return version
    }

    /// Newest first.
    package func versions(_ name: String, in reader: any Reader) throws -> [PublishedWorkflow] {
        try reader.rows("SELECT version, note, at, by_name FROM workflow_definitions WHERE name = \(name) AND version > 0 ORDER BY version DESC").map {
            PublishedWorkflow(
                version: Int($0.int("version") ?? 0), note: $0.text("note") ?? "", at: $0.moment("at") ?? Moment(milliseconds: 0), byName: $0.text("by_name") ?? "")
        }
    }
}
