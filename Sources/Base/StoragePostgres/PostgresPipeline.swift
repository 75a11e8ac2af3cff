import CLibpq
import Kernel
import Storage

/// A statement that waits to be sent.
struct PostedStatement {
    let sql: SQL
    /// Under which the server has it prepared.
    let name: String
}

/// libpq's pipeline mode: what nobody waits for goes with the next statement that somebody does, in one round trip (docs/decisions/0085).
extension PostgresConnection {
    /// Statements sent together at most: their answers, some thirty bytes each, fit into the socket's buffer while we still send.
    private static let mostPosted = 256

    func post(_ sql: SQL) throws {
        posted.append(PostedStatement(sql: sql, name: try prepare(sql)))
        if posted.count >= Self.mostPosted { try flushPosted() }
    }

    /// - Throws: what the first of the posted statements that failed says.
    func flushPosted() throws {
        if !posted.isEmpty { PQclear(try pipeline(nil)) }
    }

    /// Sends what was posted and, after it, one statement more.
    ///
    /// - Returns: the last statement's answer; the caller clears it.
    func pipeline(_ last: PostedStatement?) throws -> OpaquePointer {
        let statements = posted + (last.map { [$0] } ?? [])
        posted.removeAll(keepingCapacity: true)
        guard PQenterPipelineMode(handle) == 1 else { throw lost("pipeline") }
        for statement in statements {
            let arguments = PostgresArguments(statement.sql.arguments)
            let isSent = arguments.withPointers { PQsendQueryPrepared(handle, statement.name, Int32(statement.sql.arguments.count), $0, $1, $2, 0) }
            guard isSent == 1 else { throw lost(statement.sql.text) }
        }
        guard PQpipelineSync(handle) == 1 else { throw lost("pipeline") }
        var answer: OpaquePointer?
        var caught: Failure?
        for statement in statements {
            let began = SlowStatements.now()
            PQclear(answer)
            answer = PQgetResult(handle)
            let status = PQresultStatus(answer)
            let isGood = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK
            // What came after the first that failed was not run.
            if !isGood, caught == nil { caught = failure(answer, statement.sql.text) }
            if isGood { slow?.note(statement.sql, began: began, rows: 0) }
            guard PQstatus(handle) == CONNECTION_OK else { break }
            while let more = PQgetResult(handle) { PQclear(more) }
        }
        if PQstatus(handle) == CONNECTION_OK {
            PQclear(PQgetResult(handle))
            if PQexitPipelineMode(handle) != 1, caught == nil { caught = lost("pipeline") }
        }
        guard caught == nil, let answer else {
            PQclear(answer)
            throw caught ?? lost("pipeline")
        }
        return answer
    }
}
