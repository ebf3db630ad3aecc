# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version shanghai
"""
@title An ERC-20 token with EIP-3009 authorizations, for sandbox chains only
@notice It answers as Circle's FiatTokenV2_2 does, to the words of its reverts, since clients map on them. What
    differs: no proxy, owner, pause, minting or EIP-2612; smart wallets (EIP-1271) may sign with 65 bytes only.
    Name, version, symbol, decimals, balances and the blacklist are put into storage by whoever makes the chain.
"""

event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    amount: uint256

event Approval:
    owner: indexed(address)
    spender: indexed(address)
    amount: uint256

event AuthorizationUsed:
    authorizer: indexed(address)
    nonce: indexed(bytes32)

event AuthorizationCanceled:
    authorizer: indexed(address)
    nonce: indexed(bytes32)

name: public(String[64])
version: public(String[32])
symbol: public(String[32])
decimals: public(uint8)
totalSupply: public(uint256)
balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])
authorizationState: public(HashMap[address, HashMap[bytes32, bool]])
isBlacklisted: public(HashMap[address, bool])

DOMAIN_TYPE: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
TRANSFER_TYPE: constant(bytes32) = keccak256(
    "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
)
RECEIVE_TYPE: constant(bytes32) = keccak256(
    "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
)
CANCEL_TYPE: constant(bytes32) = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)")
HALF_ORDER: constant(uint256) = 57896044618658097711785492504343953926418782139537452191302581570759080747168
LARGEST_BALANCE: constant(uint256) = 2**255 - 1
ERC1271_MAGIC: constant(bytes4) = 0x1626ba7e

# Vyper knows no overloads: these three take the signature as bytes, and are told by their selectors in __default__.
TRANSFER_BY_BYTES: constant(bytes4) = 0xcf092995
RECEIVE_BY_BYTES: constant(bytes4) = 0x88b7ab63
CANCEL_BY_BYTES: constant(bytes4) = 0xb7b72899


@external
@view
def DOMAIN_SEPARATOR() -> bytes32:
    return self._domain_separator()


@external
def transfer(to: address, amount: uint256) -> bool:
    self._check_blacklist(msg.sender)
    self._check_blacklist(to)
    self._transfer(msg.sender, to, amount)
    return True


@external
def approve(spender: address, amount: uint256) -> bool:
    self._check_blacklist(msg.sender)
    self._check_blacklist(spender)
    assert msg.sender != empty(address), "ERC20: approve from the zero address"
    assert spender != empty(address), "ERC20: approve to the zero address"
    self.allowance[msg.sender][spender] = amount
    log Approval(owner=msg.sender, spender=spender, amount=amount)
    return True


@external
def transferFrom(sender: address, to: address, amount: uint256) -> bool:
    self._check_blacklist(msg.sender)
    self._check_blacklist(sender)
    self._check_blacklist(to)
    assert amount <= self.allowance[sender][msg.sender], "ERC20: transfer amount exceeds allowance"
    self._transfer(sender, to, amount)
    self.allowance[sender][msg.sender] = unsafe_sub(self.allowance[sender][msg.sender], amount)
    return True


@external
def transferWithAuthorization(
    sender: address, to: address, amount: uint256, validAfter: uint256, validBefore: uint256, nonce: bytes32,
    v: uint8, r: bytes32, s: bytes32
):
    self._authorized_transfer(
        TRANSFER_TYPE, sender, to, amount, validAfter, validBefore, nonce, convert(v, uint256), r, s
    )


@external
def receiveWithAuthorization(
    sender: address, to: address, amount: uint256, validAfter: uint256, validBefore: uint256, nonce: bytes32,
    v: uint8, r: bytes32, s: bytes32
):
    self._authorized_transfer(
        RECEIVE_TYPE, sender, to, amount, validAfter, validBefore, nonce, convert(v, uint256), r, s
    )


@external
def cancelAuthorization(authorizer: address, nonce: bytes32, v: uint8, r: bytes32, s: bytes32):
    self._cancel(authorizer, nonce, convert(v, uint256), r, s)


@external
def __default__():
    selector: bytes4 = convert(slice(msg.data, 0, 4), bytes4)
    v: uint256 = 0
    r: bytes32 = empty(bytes32)
    s: bytes32 = empty(bytes32)
    if selector == CANCEL_BY_BYTES:
        v, r, s = self._signature(convert(slice(msg.data, 68, 32), uint256))
        self._cancel(
            convert(convert(slice(msg.data, 4, 32), uint256), address),
            convert(slice(msg.data, 36, 32), bytes32),
            v, r, s,
        )
        return
    assert selector == TRANSFER_BY_BYTES or selector == RECEIVE_BY_BYTES
    v, r, s = self._signature(convert(slice(msg.data, 196, 32), uint256))
    self._authorized_transfer(
        TRANSFER_TYPE if selector == TRANSFER_BY_BYTES else RECEIVE_TYPE,
        convert(convert(slice(msg.data, 4, 32), uint256), address),
        convert(convert(slice(msg.data, 36, 32), uint256), address),
        convert(slice(msg.data, 68, 32), uint256),
        convert(slice(msg.data, 100, 32), uint256),
        convert(slice(msg.data, 132, 32), uint256),
        convert(slice(msg.data, 164, 32), bytes32),
        v, r, s,
    )


@internal
@view
def _signature(offset: uint256) -> (uint256, bytes32, bytes32):
    # A length other than 65 is told by v = 256, which no byte is.
    length: uint256 = convert(slice(msg.data, 4 + offset, 32), uint256)
    if length != 65:
        return 256, empty(bytes32), empty(bytes32)
    signature: Bytes[65] = slice(msg.data, 36 + offset, 65)
    return (
        convert(slice(signature, 64, 1), uint256),
        convert(slice(signature, 0, 32), bytes32),
        convert(slice(signature, 32, 32), bytes32),
    )


@internal
def _authorized_transfer(
    typehash: bytes32, sender: address, to: address, amount: uint256, valid_after: uint256, valid_before: uint256,
    nonce: bytes32, v: uint256, r: bytes32, s: bytes32
):
    self._check_blacklist(sender)
    self._check_blacklist(to)
    if typehash == RECEIVE_TYPE:
        assert to == msg.sender, "FiatTokenV2: caller must be the payee"
    assert block.timestamp > valid_after, "FiatTokenV2: authorization is not yet valid"
    assert block.timestamp < valid_before, "FiatTokenV2: authorization is expired"
    self._check_unused(sender, nonce)
    self._check_signature(
        sender, keccak256(abi_encode(typehash, sender, to, amount, valid_after, valid_before, nonce)), v, r, s
    )
    self.authorizationState[sender][nonce] = True
    log AuthorizationUsed(authorizer=sender, nonce=nonce)
    self._transfer(sender, to, amount)


@internal
def _cancel(authorizer: address, nonce: bytes32, v: uint256, r: bytes32, s: bytes32):
    self._check_unused(authorizer, nonce)
    self._check_signature(authorizer, keccak256(abi_encode(CANCEL_TYPE, authorizer, nonce)), v, r, s)
    self.authorizationState[authorizer][nonce] = True
    log AuthorizationCanceled(authorizer=authorizer, nonce=nonce)


@internal
def _transfer(sender: address, to: address, amount: uint256):
    assert sender != empty(address), "ERC20: transfer from the zero address"
    assert to != empty(address), "ERC20: transfer to the zero address"
    assert amount <= self.balanceOf[sender], "ERC20: transfer amount exceeds balance"
    self.balanceOf[sender] = unsafe_sub(self.balanceOf[sender], amount)
    received: uint256 = unsafe_add(self.balanceOf[to], amount)
    assert received <= LARGEST_BALANCE, "FiatTokenV2_2: Balance exceeds (2^255 - 1)"
    self.balanceOf[to] = received
    log Transfer(sender=sender, receiver=to, amount=amount)


@internal
@view
def _check_blacklist(account: address):
    assert not self.isBlacklisted[account], "Blacklistable: account is blacklisted"


@internal
@view
def _check_unused(authorizer: address, nonce: bytes32):
    assert not self.authorizationState[authorizer][nonce], "FiatTokenV2: authorization is used or canceled"


@internal
@view
def _check_signature(signer: address, struct_hash: bytes32, v: uint256, r: bytes32, s: bytes32):
    assert v != 256, "ECRecover: invalid signature length"
    digest: bytes32 = keccak256(concat(b"\x19\x01", self._domain_separator(), struct_hash))
    if signer.is_contract:
        assert self._wallet_agrees(signer, digest, v, r, s), "FiatTokenV2: invalid signature"
        return
    assert convert(s, uint256) <= HALF_ORDER, "ECRecover: invalid signature 's' value"
    assert v == 27 or v == 28, "ECRecover: invalid signature 'v' value"
    recovered: address = ecrecover(digest, v, r, s)
    assert recovered != empty(address), "ECRecover: invalid signature"
    assert recovered == signer, "FiatTokenV2: invalid signature"


@internal
@view
def _wallet_agrees(wallet: address, digest: bytes32, v: uint256, r: bytes32, s: bytes32) -> bool:
    last: bytes32 = convert(v << 248, bytes32)
    signature: Bytes[65] = concat(r, s, slice(last, 0, 1))
    success: bool = False
    answer: Bytes[32] = b""
    success, answer = raw_call(
        wallet, abi_encode(digest, signature, method_id=ERC1271_MAGIC),
        max_outsize=32, is_static_call=True, revert_on_failure=False,
    )
    return success and len(answer) == 32 and convert(answer, bytes32) == convert(ERC1271_MAGIC, bytes32)


@internal
@view
def _domain_separator() -> bytes32:
    return keccak256(
        abi_encode(DOMAIN_TYPE, keccak256(self.name), keccak256(self.version), chain.id, self)
    )
