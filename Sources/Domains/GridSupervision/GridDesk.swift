import Features
import Identity
import Ledgers
import Storage

/// What others may ask of the grids beside the pages: the demonstration does as a person would.
package enum GridDesk {
    /// Asks of every organisation with a place in which grid it stands.
    ///
    /// - Returns: how many came into a grid and how many left one.
    package static func settleAll(on platform: Platform, by principal: Principal, in tx: any Transaction) throws -> (came: Int, went: Int) {
        try GridAssignment(grids: platform.identity.grids).settleAll(by: principal, in: tx)
    }

    /// An account for an officer of the register, with the role 网格员 and the post in the grid.
    ///
    /// - Returns: the one-time password.
    /// - Throws: `.forbidden`; `.invalid` `JW-K422` for the login.
    package static func account(_ login: String, for record: Record, on platform: Platform, by principal: Principal) async throws -> String {
        try await GridOfficerPages.account(login, for: record, on: platform, by: principal)
    }
}
