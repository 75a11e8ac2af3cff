import CLibpq
import Kernel
import Storage

/// The answer to one statement in libpq's single-row mode.
final class PostgresStream {
    private let handle: OpaquePointer
    private let statement: String
    private var answer: PostgresAnswer?
    /// Taken into memory because another statement needed the connection.
    private var kept: [Row] = []
    private var position = 0
    private var caught: Failure?
    private(set) var hasEnded = false

    init(_ handle: OpaquePointer, statement: String) {
        self.handle = handle
        self.statement = statement
    }

    func next() throws -> Row? {
        if position < kept.count {
            position += 1
            return kept[position - 1]
        }
        let row = hasEnded ? nil : receive()
        if row == nil, let caught { throw caught }
        return row
    }

    func takeRest() {
        guard !hasEnded else { return }
        kept = []
        position = 0
        while let row = receive() { kept.append(row) }
    }

    func discard() {
        while let result = PQgetResult(handle) { PQclear(result) }
        hasEnded = true
    }

    private func receive() -> Row? {
        while let result = PQgetResult(handle) {
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_SINGLE_TUPLE:
                let answer = self.answer ?? PostgresAnswer(result)
                self.answer = answer
                return answer.row(result, 0)
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK: continue
            default:
                let isLost = PQstatus(handle) != CONNECTION_OK
                caught = isLost ? StorageFailure.lost(String(cString: PQerrorMessage(handle))) : PostgresFailure.of(result, statement: statement)
            }
        }
        hasEnded = true
        return nil
    }
}
